"""The stack as its user starts, stops and restarts it."""

import os
import signal
import stat
import subprocess
import sys
import time

import httpx
import pytest

from deploy.local.layout import ROOT
from tests.e2e.clients import Agent, deliver, letter
from tests.running import RunningStack, until

# A stack that does not come up says after 150 s what it waits for.
pytestmark = pytest.mark.timeout(300)


def test_what_was_accepted_is_there_after_a_restart(stack: RunningStack) -> None:
    agent = Agent(stack, "agent1@numerique.gouv.tg")
    message = letter(agent.address)
    deliver(stack, message)
    stack.make("down")
    assert not (stack.var / "local.json").exists()
    began = time.monotonic()
    stack.make("up")
    assert time.monotonic() - began < 60
    assert message["Subject"] in agent.subjects()


def test_up_again_changes_nothing(embedded: RunningStack) -> None:
    before = embedded.pid("mail-imap")
    embedded.make("up")
    assert embedded.pid("mail-imap") == before


def test_local_json_is_for_its_owner_alone(embedded: RunningStack) -> None:
    assert stat.S_IMODE((embedded.var / "local.json").stat().st_mode) == 0o600


def test_the_api_explains_itself(embedded: RunningStack) -> None:
    with httpx.Client(base_url=embedded.local["http"], timeout=20) as client:
        assert client.get("/docs").status_code == 200
        paths = client.get("/openapi.json").json()["paths"]
    assert {"/v1/sessions", "/v1/mail/messages", "/v1/mail/mailboxes"} <= paths.keys()


def test_a_killed_process_is_started_again(embedded: RunningStack) -> None:
    killed = embedded.pid("mail-imap")
    embedded.kill("mail-imap")
    until(lambda: _running(embedded, "mail-imap") not in (0, killed), 20)
    embedded.await_ready(60)
    assert isinstance(Agent(embedded, "agent1@numerique.gouv.tg").subjects(), list)


def _running(stack: RunningStack, program: str) -> int:
    try:
        return stack.pid(program)
    except LookupError:
        return 0


def test_ctrl_c_ends_all_within_seconds(embedded: RunningStack) -> None:
    """The last test of this folder: the stack stays down."""
    pids = [embedded.pid(name) for name in ("documents", "objects", "mail-imap", "gateway-http")]
    embedded.make("down")
    assert not any(_alive(pid) for pid in pids)
    foreground = subprocess.Popen(
        [sys.executable, "-m", "deploy.local", "run"],
        cwd=ROOT,
        env={**os.environ, **embedded.environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert foreground.stdout is not None
        shown = []
        for line in foreground.stdout:
            shown.append(line.strip())
            if shown[-1] == "ready":
                break
        assert shown[-1] == "ready"
        assert any("agent1@numerique.gouv.tg" in line for line in shown)
        pids = [embedded.pid(name) for name in ("documents", "objects", "mail-imap", "gateway-http")]
        began = time.monotonic()
    finally:
        foreground.send_signal(signal.SIGINT)
        foreground.communicate(timeout=60)
    assert time.monotonic() - began < 30
    assert not any(_alive(pid) for pid in pids)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
