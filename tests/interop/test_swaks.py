"""Debian's swaks, as another server and as an agent's mail program."""

import ssl

from chassis.ids import new_id
from tests.e2e.clients import Agent
from tests.interop.programs import run
from tests.running import RunningStack, until


def _at(stack: RunningStack, name: str) -> str:
    return ":".join(map(str, stack.address(name)))


def test_swaks_delivers_to_an_agent(stack: RunningStack, agent: Agent) -> None:
    subject = f"swaks {new_id()}"
    run(
        "swaks", "--server", _at(stack, "smtp"), "--from", "citoyen@example.org", "--to", agent.address,
        "--header", f"Subject: {subject}", "--body", "Bonjour.\n.\nUne ligne avec un point.",
    )  # fmt: skip
    until(lambda: subject in agent.subjects(), 20)


def test_swaks_submits_as_an_agent(stack: RunningStack, agent: Agent, other: Agent) -> None:
    for mechanism in ("PLAIN", "LOGIN"):
        subject = f"swaks {mechanism} {new_id()}"
        shown = run(
            "swaks", "--server", _at(stack, "submission"), "--tls", "--auth", mechanism,
            "--auth-user", agent.address, "--auth-password", agent.password,
            "--from", agent.address, "--to", other.address, "--header", f"Subject: {subject}",
        )  # fmt: skip
        assert "TLS started" in shown
        until(lambda subject=subject: subject in other.subjects(), 20)


def test_swaks_is_refused_with_a_wrong_password(stack: RunningStack, agent: Agent) -> None:
    run(
        "swaks", "--server", _at(stack, "submission"), "--tls", "--auth", "PLAIN",
        "--auth-user", agent.address, "--auth-password", "wrong", "--from", agent.address, "--to", agent.address,
        code=28,
    )  # fmt: skip


def test_swaks_cannot_relay(stack: RunningStack) -> None:
    run(
        "swaks", "--server", _at(stack, "smtp"), "--from", "a@example.org", "--to", "b@example.net", code=24
    )  # fmt: skip


def test_the_certificate_is_verified(stack: RunningStack, agent: Agent) -> None:
    assert agent.tls.verify_mode == ssl.CERT_REQUIRED
    assert isinstance(agent.subjects(), list)
