"""A process starts when its dependencies let it, tells whether it is ready, and ends in order."""

import asyncio
import signal
import urllib.request
from typing import Any

import pytest

from chassis.errors import Unavailable
from chassis.events.failures import SCHEDULE
from chassis.lifecycle import Part, Process
from chassis.settings import ServiceSettings
from deploy.local.standins import free_port


class Recorded(Part):
    def __init__(self, name: str, seen: list[str], failures: int = 0, drain_fails: bool = False) -> None:
        self.name = name
        self.seen = seen
        self.failures = failures
        self.drain_fails = drain_fails

    async def start(self) -> None:
        if self.failures:
            self.failures -= 1
            raise Unavailable(f"{self.name} is away")
        self.seen.append(f"start {self.name}")

    async def drain(self) -> None:
        self.seen.append(f"drain {self.name}")
        if self.drain_fails:
            raise OSError("cannot")

    async def stop(self) -> None:
        self.seen.append(f"stop {self.name}")


def settings(port: int) -> ServiceSettings:
    return ServiceSettings(ops_listen=f"127.0.0.1:{port}", drain_seconds=1)


async def status(port: int, path: str) -> int:
    def ask() -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    return await asyncio.to_thread(ask)


async def until(port: int, path: str, wanted: int) -> None:
    for _ in range(100):
        if await status(port, path) == wanted:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{path} never answered {wanted}")


async def test_parts_start_in_order_once_dependencies_are_there_and_end_in_reverse() -> None:
    seen: list[str] = []
    port = free_port()
    process = Process(settings(port), Recorded("database", seen, failures=3), Recorded("server", seen))
    running = asyncio.create_task(process.run())
    await until(port, "/livez", 200)
    await until(port, "/readyz", 200)
    process.ask_to_stop()
    await asyncio.wait_for(running, 5)
    assert seen == [
        "start database",
        "start server",
        "drain server",
        "drain database",
        "stop server",
        "stop database",
    ]


async def test_it_is_alive_and_not_ready_while_a_dependency_is_away_and_stops_when_told() -> None:
    port = free_port()
    process = Process(settings(port), Recorded("database", [], failures=10**6))
    running = asyncio.create_task(process.run())
    await until(port, "/livez", 200)
    assert await status(port, "/readyz") == 503
    process.ask_to_stop()
    await asyncio.wait_for(running, 5)


async def test_sigterm_drains_and_a_part_that_fails_to_drain_does_not_keep_the_others() -> None:
    seen: list[str] = []
    port = free_port()
    process = Process(settings(port), Recorded("database", seen), Recorded("server", seen, drain_fails=True))
    running = asyncio.create_task(process.run())
    await until(port, "/readyz", 200)
    signal.raise_signal(signal.SIGTERM)
    await asyncio.wait_for(running, 5)
    assert seen[2:] == ["drain server", "drain database", "stop server", "stop database"]


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("WORKSPACE_MONGODB_ULR", "x", "settings: unknown WORKSPACE_MONGODB_ULR"),
        ("WORKSPACE_DRAIN_SECONDS", "soon", "settings: WORKSPACE_DRAIN_SECONDS:"),
        ("WORKSPACE_LOG_LEVEL", "LOUD", "settings: WORKSPACE_LOG_LEVEL:"),
        ("WORKSPACE_OPS_LISTEN", "nowhere", "settings: WORKSPACE_OPS_LISTEN:"),
        ("WORKSPACE_OPS_LISTEN", "127.0.0.1:99999", "settings: WORKSPACE_OPS_LISTEN:"),
        ("WORKSPACE_EVENT_RETRY_SECONDS", "1,soon", "settings: WORKSPACE_EVENT_RETRY_SECONDS:"),
    ],
)
def test_an_unknown_or_bad_setting_stops_the_process_with_one_line(
    name: str, value: str, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from chassis import settings as environment

    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as stopped:
        environment.load(ServiceSettings)
    said = capsys.readouterr().err
    assert stopped.value.code == 2
    assert said.startswith(line)
    assert said.count("\n") == 1
    assert "SecretStr" not in said


def test_pauses_between_tries_of_an_event_are_seconds_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ServiceSettings().event_retries == SCHEDULE
    monkeypatch.setenv("WORKSPACE_EVENT_RETRY_SECONDS", "0.5,1")
    assert ServiceSettings().event_retries == (0.5, 1.0)


def test_secrets_do_not_show_in_what_is_printed() -> None:
    shown: Any = repr(ServiceSettings(s3_secret_key="hidden"))  # type: ignore[arg-type]
    assert "hidden" not in shown
