"""SIGKILL of calendar's processes between a PUT and its invitation, and between that and the answer: nothing is lost,
and nobody is invited twice."""

import time
from collections import Counter
from typing import Any

import httpx
import pytest

from tests.interop.agendas import calendar, event
from tests.running import RunningStack, until

ORGANIZER, ATTENDEE = "agent1@numerique.gouv.tg", "agent2@numerique.gouv.tg"
MEETINGS = 12

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]


def meeting(uid: str) -> bytes:
    people = (f"ORGANIZER:mailto:{ORGANIZER}", f"ATTENDEE:mailto:{ATTENDEE}")
    return calendar(event(uid, uid, "20300304T090000Z", *people))


def put(client: httpx.Client, path: str, content: bytes, seconds: float = 90) -> None:
    """Until it is acknowledged: a client tries again what broke off."""
    until_then = time.monotonic() + seconds
    while time.monotonic() < until_then:
        try:
            answer = client.put(path, content=content, headers={"content-type": "text/calendar"})
        except httpx.HTTPError:
            answer = None
        if answer is not None and answer.status_code in (201, 204):
            return
        time.sleep(0.3)
    raise AssertionError(f"{path} was never taken")


def copies(stack: RunningStack, address: str, prefix: str) -> list[dict[str, Any]]:
    """What somebody has in calendars and inbox of these meetings."""
    with stack.documents() as client:
        service = client["calendar"]
        person = service["people"].find_one({"addresses": address})
        assert person is not None
        found = service["objects"].find({"owner": person["_id"]})
        return [each for each in found if prefix.encode() in bytes(each["content"])]


def unfolded(copy: dict[str, Any]) -> bytes:
    return bytes(copy["content"]).replace(b"\r\n ", b"")


def invited(stack: RunningStack, prefix: str) -> Counter[str]:
    return Counter(each["uid"] for each in copies(stack, ATTENDEE, prefix) if not each["calendar"].endswith(".inbox"))


def kill(stack: RunningStack, victim: str) -> None:
    """As soon as it runs: the last kill may be a moment ago."""

    def runs() -> bool:
        try:
            return bool(stack.pid(victim))
        except LookupError:
            return False

    until(runs, 60)
    stack.kill(victim)


@pytest.mark.parametrize("victim", ["calendar-worker", "calendar-api"])
def test_who_is_killed_between_a_put_and_its_invitation_loses_and_doubles_nothing(
    stack: RunningStack, victim: str
) -> None:
    prefix = f"m{time.time_ns()}"
    base = stack.local["http"]
    mine, theirs = (
        httpx.Client(base_url=base, auth=(address, stack.password(address)), timeout=20)
        for address in (ORGANIZER, ATTENDEE)
    )
    with mine, theirs:
        for number in range(MEETINGS):
            uid = f"{prefix}-{number}"
            put(mine, f"/dav/calendars/{ORGANIZER}/agenda/{uid}.ics", meeting(uid))
            if number % 3 == 0:
                kill(stack, victim)
        stack.await_ready()
        until(lambda: len(invited(stack, prefix)) == MEETINGS, 90)
        for number, copy in enumerate(copies(stack, ATTENDEE, prefix)):
            if copy["calendar"].endswith(".inbox"):
                continue
            said = unfolded(copy).replace(b"PARTSTAT=NEEDS-ACTION", b"PARTSTAT=ACCEPTED")
            put(theirs, f"/dav/calendars/{ATTENDEE}/agenda/{copy['name']}", said)
            if number % 5 == 0:
                kill(stack, victim)
        stack.await_ready()

    def answered() -> bool:
        own = copies(stack, ORGANIZER, prefix)
        kept = [each for each in own if not each["calendar"].endswith(".inbox")]
        return len(kept) == MEETINGS and all(b"PARTSTAT=ACCEPTED" in unfolded(each) for each in kept)

    until(answered, 90)
    assert set(invited(stack, prefix).values()) == {1}
    messages = [each for each in copies(stack, ATTENDEE, prefix) if each["calendar"].endswith(".inbox")]
    assert len(messages) == MEETINGS
