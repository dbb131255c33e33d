"""SIGKILL of calendar's worker while it reminds: each reminder is made once, and everybody hears of each."""

import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.chaos.test_invitations import kill, put
from tests.chaos.witness import Witness
from tests.running import RunningStack, until

OWNER = "agent1@numerique.gouv.tg"
EVENTS = 40
KILLS = 3

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]


def meeting(uid: str, start: datetime) -> str:
    """With a reminder when it begins, and a letter of it."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//gouv.tg//essai//FR", "BEGIN:VEVENT", f"UID:{uid}",
        "DTSTAMP:20261101T080000Z", f"DTSTART:{start:%Y%m%dT%H%M%SZ}", "DURATION:PT1H", f"SUMMARY:{uid}",
        "BEGIN:VALARM", "ACTION:EMAIL", "TRIGGER:PT0S", "SUMMARY:Rappel", "DESCRIPTION:Rappel",
        f"ATTENDEE:mailto:{OWNER}", "END:VALARM", "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    return "\r\n".join(lines)


def test_a_worker_killed_while_it_reminds_loses_and_doubles_no_reminder(stack: RunningStack) -> None:
    prefix = f"r{time.time_ns()}"
    uids = {f"{prefix}-{number}" for number in range(EVENTS)}

    def made() -> list[str]:
        with stack.documents() as client:
            return [each["uid"] for each in client["calendar"]["reminders"].find({"uid": {"$in": sorted(uids)}})]

    facts = ("reminder_due", "letter_requested")
    with (
        httpx.Client(base_url=stack.local["http"], auth=(OWNER, stack.password(OWNER)), timeout=20) as client,
        Witness(stack.broker_url, *facts, source="calendar") as witness,
    ):
        stack.hold("calendar-worker")
        # Nobody is reminded of what is over when it is written: all of them are written before.
        start = datetime.now(UTC) + timedelta(seconds=20)
        for uid in sorted(uids):
            put(client, f"/dav/calendars/{OWNER}/agenda/{uid}.ics", meeting(uid, start))
        until(lambda: datetime.now(UTC) > start, 30)
        stack.release("calendar-worker")
        for _ in range(KILLS):
            kill(stack, "calendar-worker")
            # Long enough to be up, and now and then not to be done.
            time.sleep(3)

        def heard(what: str) -> set[str]:
            found = [each for each in list(witness.heard) if each["type"] == what]
            said = [each["data"].get("uid") or each["data"]["subject"].rpartition(" ")[2] for each in found]
            return uids & set(said)

        stack.await_ready()
        until(lambda: all(heard(what) == uids for what in facts), 90)
        # Whoever was killed after publishing publishes again: it is the same reminder, and the same fact.
        due = {(each["data"]["uid"], each["subject"]) for each in witness.heard if each["type"] == "reminder_due"}
    assert sorted(made()) == sorted(uids)
    assert len({uid for uid, _ in due} & uids) == len([uid for uid, _ in due if uid in uids])
