"""Every process hears at once of sessions that end, whoever is connected there."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from workspace.directory.v1.events_pb2 import SessionRevoked

from chassis.events import EVERYBODY, Notifications
from chassis.events.publishing import bucket_of
from chassis.identity import Identity, Revocation, Revocations
from chassis.revocation_feed import RevocationFeed

NOW = datetime.now(UTC)


def identity(session: str, account: str = "account-1") -> Identity:
    return Identity(account, "agent@gouv.tg", session, issued_at=NOW, expires_at=NOW)


class Directory:
    """What it would list."""

    def __init__(self) -> None:
        self.ended: list[Revocation] = []
        self.asked = 0

    async def list(self, since: datetime | None) -> list[Revocation]:
        self.asked += 1
        return self.ended


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)


async def test_a_process_where_nobody_of_the_account_is_live_hears_of_its_ended_session(tmp_path: Path) -> None:
    url, listed = f"spool://{tmp_path / 'broker'}", Directory()
    one, other = Revocations(listed.list), Revocations(listed.list)
    feeds = [RevocationFeed.alone(each, url) for each in (one, other)]
    teller = Notifications(url)
    for part in (one, other, *feeds, teller):
        await part.start()
    # Told that something may have been missed before its binding was there, each synchronised a second time.
    await until(lambda: listed.asked >= 4)
    watched: list[Revocation] = []
    other.watch(watched.append)
    message = SessionRevoked(account_id="account-1", session_id="session-1")
    teller.nudge(message, subject="session-1", version=1, audience=["account-1", EVERYBODY])
    await until(lambda: one.ended(identity("session-1")) and other.ended(identity("session-1")))
    assert not one.ended(identity("session-2"))
    assert [each.session_id for each in watched] == ["session-1"]
    for part in (teller, *feeds, one, other):
        await part.stop()


async def test_what_was_missed_is_asked_for_at_once(tmp_path: Path) -> None:
    listed = Directory()
    revocations = Revocations(listed.list)
    await revocations.start()
    listed.ended = [Revocation("account-1", "session-1", datetime.now(UTC))]
    revocations.hurry()
    await until(lambda: revocations.ended(identity("session-1")))
    await revocations.stop()


def test_what_is_for_everybody_has_a_binding_of_its_own() -> None:
    """In one of an account's, every process would hear all that is told of the accounts in it."""
    assert bucket_of(EVERYBODY) not in {bucket_of(f"account-{number}") for number in range(20_000)}
