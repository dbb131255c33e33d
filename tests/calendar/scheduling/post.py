"""Meetings of a test, and the worker that brings messages to whom they are for."""

from collections.abc import Sequence

from chassis.events import Envelope, fact_in
from chassis.identity import Identity
from services.calendar.domain.stored import Stored
from services.calendar.usecases.list_calendars import own_calendars
from services.calendar.usecases.read_objects import read_objects
from services.calendar.usecases.scheduling.hearing import hear_message
from tests.calendar.office import Office, event

SENT = "scheduling_message_sent"
OUTSIDE = "invitee@ministere.example"


def person(address: str, *params: str) -> str:
    return ";".join(["ATTENDEE", *params]) + f":mailto:{address}"


def meeting(organizer: str, attendees: Sequence[str], *more: str, uid: str = "m1", **said: str) -> bytes:
    """An event of an organiser with attendees; further lines, and what `event` takes."""
    lines = [f"ORGANIZER:mailto:{organizer}", *(person(each) for each in attendees), *more]
    return event(
        uid,
        said.get("start", "20261201T090000Z"),
        said.get("end", "20261201T100000Z"),
        said.get("summary", "Budget"),
        *lines,
    )


async def messages(office: Office) -> list[Envelope]:
    """The scheduling messages that wait to be published."""
    return await office.facts(SENT)


async def hear(office: Office, *envelopes: Envelope) -> None:
    for envelope in envelopes:
        await hear_message(office.agenda, envelope.id, fact_in(envelope))  # type: ignore[arg-type]


async def delivered(office: Office) -> list[Envelope]:
    """Every message comes to whom it is for, answers to them too; what was told beside, of all types."""
    told: list[Envelope] = []
    for _ in range(10):
        waiting = await office.facts()
        told += waiting
        await office.published()
        sent = [each for each in waiting if each.type == SENT]
        if not sent:
            return told
        await hear(office, *sent)
    raise AssertionError("messages answer each other for ever")


async def copies_of(office: Office, who: Identity, uid: str = "m1") -> list[Stored]:
    return await office.agenda.objects.of_owner_with_uid(who.account_id, uid)


async def copy_of(office: Office, who: Identity, uid: str = "m1") -> Stored:
    """The meeting as somebody has it."""
    (found,) = await copies_of(office, who, uid)
    return found


async def inbox(office: Office, who: Identity) -> list[bytes]:
    await own_calendars(office.agenda, who.account_id)
    return [each.content async for each in read_objects(office.agenda, who, f"{who.account_id}.inbox", ())]


async def answer(office: Office, who: Identity, said: str, uid: str = "m1") -> None:
    """As a client does: the copy is put back with another participation."""
    copy = await copy_of(office, who, uid)
    await office.put(who, with_participation(copy.content, who.address, said), copy.name)


def with_participation(content: bytes, address: str, said: str) -> bytes:
    """The same with what an attendee says of every instance that it is invited to."""
    lines = content.decode().replace("\r\n ", "").split("\r\n")
    changed = [_said(line, said) if line.startswith("ATTENDEE") and address in line else line for line in lines]
    return "\r\n".join(changed).encode()


def _said(line: str, said: str) -> str:
    head, colon, value = line.partition(":")
    params = [each for each in head.split(";")[1:] if not each.startswith(("PARTSTAT", "RSVP"))]
    return ";".join(["ATTENDEE", f"PARTSTAT={said}", *params]) + colon + value


def attendee_line(stored: Stored, address: str) -> str:
    """The line of somebody in a copy, unfolded; empty where there is none."""
    lines = stored.content.decode().replace("\r\n ", "").split("\r\n")
    return next((line for line in lines if line.startswith("ATTENDEE") and address in line), "")
