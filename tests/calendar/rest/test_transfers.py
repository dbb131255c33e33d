"""Files of iCalendar: taken in object by object, and given out whole."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest

from chassis.errors import Forbidden, InvalidInput, NotFound, TooLarge
from chassis.identity import Identity
from services.calendar.domain.access import Grant, Role
from services.calendar.domain.objects import read_object
from services.calendar.domain.structured import files
from services.calendar.usecases.export_calendar import Range, begin_export, export_event, exported
from services.calendar.usecases.import_events import Fate, import_events
from services.calendar.usecases.list_calendars import list_calendars
from services.calendar.usecases.locks import Wanted, take_lock
from services.calendar.usecases.read_objects import list_objects, read_objects
from tests.calendar.conftest import Api
from tests.calendar.office import Office, event
from tests.calendar.rest.given import share
from tests.calendar.scheduling.post import meeting

DAY = int(datetime(2026, 12, 1, tzinfo=UTC).timestamp())


def file(*components: str, method: str = "") -> bytes:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//FR", *([f"METHOD:{method}"] if method else [])]
    return "\r\n".join([*head, *components, "END:VCALENDAR", ""]).encode()


def vevent(uid: str, *lines: str, start: str = "DTSTART:20261201T090000Z") -> str:
    return "\r\n".join(
        ["BEGIN:VEVENT", *([f"UID:{uid}"] if uid else []), "DTSTAMP:20261101T000000Z", start, *lines, "END:VEVENT"]
    )


PARIS = "\r\n".join([
    "BEGIN:VTIMEZONE", "TZID:Bureau", "BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0100", "END:STANDARD", "END:VTIMEZONE",
])  # fmt: skip


async def taken(office: Office, who: Identity, calendar: str, octets: bytes, *, dry: bool = False) -> list[Fate]:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(octets), 1000):
            yield octets[start : start + 1000]

    return await import_events(office.agenda, who, calendar, pieces(), validate_only=dry)


def outcomes(fates: list[Fate]) -> list[tuple[str, str]]:
    return [(each.uid, each.outcome) for each in fates]


async def test_a_file_is_taken_object_by_object(office: Office, agent: Identity, home: str) -> None:
    given = file(
        PARIS, vevent("a", "SUMMARY:Un", start="DTSTART;TZID=Bureau:20261201T090000"),
        vevent("b", "SUMMARY:Série", "RRULE:FREQ=DAILY;COUNT=3"),
        vevent("b", "RECURRENCE-ID:20261202T090000Z", "SUMMARY:Autrement"),
        "BEGIN:VTODO\r\nUID:t\r\nSUMMARY:Tâche\r\nEND:VTODO", vevent("", "SUMMARY:Sans nom"), method="PUBLISH",
    )  # fmt: skip
    dry = await taken(office, agent, home, given, dry=True)
    assert [each.outcome for each in dry] == ["created"] * 4
    assert await list_objects(office.agenda, agent, home) == []
    fates = await taken(office, agent, home, given)
    assert fates == dry
    found = {each.uid: each.content async for each in read_objects(office.agenda, agent, home, ())}
    assert set(found) == {each.uid for each in fates}
    assert b"BEGIN:VTIMEZONE" in found["a"]
    assert len(read_object(found["b"]).override_nodes) == 1
    assert not any(b"METHOD" in each for each in found.values())
    assert [each.outcome for each in await taken(office, agent, home, given)] == ["unchanged"] * 4
    other = given.replace(b"SUMMARY:Un", b"SUMMARY:Deux")
    assert outcomes(await taken(office, agent, home, other))[0] == ("a", "updated")


async def test_nobody_is_invited_by_a_file(office: Office, agent: Identity, home: str) -> None:
    lines = (f"ORGANIZER:mailto:{agent.address}", "ATTENDEE:mailto:agent2@numerique.gouv.tg", "ATTENDEE:mailto:x@y.tg")
    assert outcomes(await taken(office, agent, home, file(vevent("a", *lines)))) == [("a", "created")]
    assert {each.type for each in await office.facts()} == {"event_created"}
    colleague = await office.agent("agent2")
    assert await office.agenda.objects.of_owner_with_uid(colleague.account_id, "a") == []


async def test_what_cannot_be_kept_is_named_and_keeps_nothing_out(office: Office, agent: Identity, home: str) -> None:
    bad = {
        "bomb": vevent("bomb", "RRULE:FREQ=SECONDLY"), "zero": vevent("zero", "RRULE:FREQ=DAILY;INTERVAL=0"),
        "many": vevent("many", "RRULE:FREQ=DAILY;COUNT=1000000000"),
        "lone": vevent("lone", "RECURRENCE-ID:20261201T090000Z"),
        "crowd": vevent("crowd", *(f"ATTENDEE:mailto:a{each}@b.tg" for each in range(1001))),
        "large": vevent("large", f"DESCRIPTION:{'x' * 300_000}"), "nul": vevent("nul", "SUMMARY:a\0b"),
        "line": vevent("line", "pas une ligne"), "date": vevent("date", start="DTSTART:demain"),
    }  # fmt: skip
    fates = await taken(
        office, agent, home, file(*bad.values(), vevent("good", "SUMMARY:Bon"), "BEGIN:VEVENT", "UID:cut")
    )
    assert [each.outcome for each in fates] == ["refused"] * len(bad) + ["created", "refused"]
    assert all(each.reason for each in fates if each.outcome == "refused")
    assert [row.uid for row in await list_objects(office.agenda, agent, home)] == ["good"]


async def test_instances_that_one_is_invited_to_come_in_without_their_series(
    office: Office, agent: Identity, home: str
) -> None:
    lone = ("RECURRENCE-ID:20261201T090000Z", f"ATTENDEE:mailto:{agent.address}")
    invited = vevent("a", *lone, "ORGANIZER:mailto:agent2@numerique.gouv.tg")
    organised = vevent("b", *lone, f"ORGANIZER:mailto:{agent.address}")
    fates = await taken(office, agent, home, file(invited, organised))
    assert outcomes(fates) == [("a", "created"), ("b", "refused")]


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "cp1252"])
async def test_files_of_old_programs_are_read(office: Office, agent: Identity, home: str, charset: str) -> None:
    octets = file(vevent("a", "SUMMARY:Réunion à Lomé")).decode().replace("\r\n", "\r").encode(charset)
    (fate,) = await taken(office, agent, home, octets)
    assert (fate.title, fate.outcome) == ("Réunion à Lomé", "created")


async def test_files_that_are_none_or_too_large_are_refused(
    office: Office, agent: Identity, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (files.MAX_OBJECTS, files.MAX_OCTETS) == (10_000, 20 * 1024 * 1024)
    before = await office.state()
    for octets in (b"", b"\0\xff" * 50, b"BEGIN:VCARD\r\nEND:VCARD\r\n", file()):
        with pytest.raises(InvalidInput):
            await taken(office, agent, home, octets)
    monkeypatch.setattr(files, "MAX_OBJECTS", 2)
    with pytest.raises(TooLarge):
        await taken(office, agent, home, file(*(vevent(f"u{each}") for each in range(3))))
    monkeypatch.setattr("services.calendar.usecases.import_events.MAX_OCTETS", 2_000)
    with pytest.raises(TooLarge):
        await taken(office, agent, home, b"x" * 3_000)
    assert await office.state() == before


async def test_only_who_may_write_takes_files_in(
    office: Office, agent: Identity, colleague: Identity, stranger: Identity, home: str
) -> None:
    with pytest.raises(NotFound):
        await taken(office, stranger, home, file(vevent("a")))
    await share(office, home, Grant(colleague.account_id, Role.READ))
    with pytest.raises(Forbidden):
        await taken(office, colleague, home, file(vevent("a")))
    assert await list_objects(office.agenda, agent, home) == []
    await share(office, home, Grant(colleague.account_id, Role.WRITE))
    assert outcomes(await taken(office, colleague, home, file(vevent("a")))) == [("a", "created")]


async def test_no_file_is_taken_into_the_inbox(office: Office, agent: Identity) -> None:
    inbox = f"{agent.account_id}.inbox"
    with pytest.raises(Forbidden):
        await taken(office, agent, inbox, file(vevent("a")))
    assert await office.agenda.objects.rows(inbox) == []


async def test_a_calendar_is_given_out_as_one_file_and_comes_in_again(
    office: Office, agent: Identity, colleague: Identity, stranger: Identity, home: str
) -> None:
    await taken(office, agent, home, file(PARIS, vevent("a", start="DTSTART;TZID=Bureau:20261201T090000"), vevent("b")))
    kept = await office.put(
        agent, event("s", "20261201T090000Z", "20261201T100000Z", "Secret", "CLASS:PRIVATE"), "s.ics"
    )

    async def given(who: Identity) -> bytes:
        return b"".join(
            [each async for each in exported(office.agenda, who, await begin_export(office.agenda, who, home))]
        )

    whole = await given(agent)
    assert (whole.count(b"BEGIN:VCALENDAR"), whole.count(b"TZID:Bureau"), b"Secret" in whole) == (1, 1, True)
    theirs = (await list_calendars(office.agenda, colleague))[0].calendar.id
    assert sorted(outcomes(await taken(office, colleague, theirs, whole))) == [
        ("a", "created"), ("b", "created"), ("s", "created"),
    ]  # fmt: skip
    with pytest.raises(NotFound):
        await begin_export(office.agenda, stranger, home)
    with pytest.raises(NotFound):
        await export_event(office.agenda, stranger, kept.stored.key)
    await share(office, home, Grant(colleague.account_id, Role.READ))
    assert b"Secret" not in await given(colleague)
    assert b"Secret" not in (await export_event(office.agenda, colleague, kept.stored.key)).stored.content
    assert b"Secret" in (await export_event(office.agenda, agent, kept.stored.key)).stored.content


@pytest.mark.parametrize(("within", "expected"), [
    (Range(), "after before endless long never paused"), (Range(DAY, DAY + 86400), "endless long never"),
    (Range(start=DAY + 86400), "after endless long never paused"), (Range(end=DAY), "before endless long never paused"),
    (Range(DAY - 86400, DAY), "before endless long never"),
    (Range(0, 2 * DAY), "after before endless long never paused"),
])  # fmt: skip
async def test_of_a_range_there_is_what_takes_place_in_it(
    office: Office, agent: Identity, home: str, within: Range, expected: str
) -> None:
    await taken(office, agent, home, file(
        vevent("before", start="DTSTART:20261130T090000Z"), vevent("after", start="DTSTART:20261203T090000Z"),
        vevent("endless", "RRULE:FREQ=DAILY", start="DTSTART:20200101T090000Z"),
        vevent("paused", "RRULE:FREQ=YEARLY", start="DTSTART:20200601T090000Z"),
        vevent("long", "DTEND:20270101T090000Z", start="DTSTART:20260101T090000Z"),
        "BEGIN:VTODO\r\nUID:never\r\nDTSTAMP:20261101T080000Z\r\nSUMMARY:x\r\nEND:VTODO",
    ))  # fmt: skip
    reached = await begin_export(office.agenda, agent, home, within)
    whole = b"".join([each async for each in exported(office.agenda, agent, reached, within)])
    assert " ".join(sorted(re.findall(r"UID:(\w+)", whole.decode()))) == expected


async def test_a_range_that_ends_before_it_begins_is_none(office: Office, agent: Identity, home: str) -> None:
    with pytest.raises(InvalidInput):
        await begin_export(office.agenda, agent, home, Range(DAY, DAY))


async def test_a_range_by_rest(http: httpx.AsyncClient, api: Api, office: Office, agent: Identity, home: str) -> None:
    await taken(office, agent, home, file(vevent("a", start="DTSTART:20261130T090000Z"), vevent("b")))
    path, headers = f"/v1/calendars/{home}:export", {"authorization": f"Bearer {api.token(agent)}"}
    said = {"start": "2026-11-30T00:00:00Z", "end": "2026-12-01T00:00:00Z"}
    ranged = await http.get(path, params=said, headers=headers)
    whole = await http.get(path, headers=headers)
    assert ("UID:a" in ranged.text, "UID:b" in ranged.text, "UID:b" in whole.text) == (True, False, True)
    assert ranged.headers["etag"] != whole.headers["etag"]
    wrong = await http.get(path, params={"start": said["end"], "end": said["start"]}, headers=headers)
    assert wrong.status_code == 400


async def test_a_file_writes_over_no_meeting_nothing_locked_and_no_secret(
    office: Office, agent: Identity, colleague: Identity, home: str
) -> None:
    await office.put(agent, meeting(agent.address, [colleague.address], uid="m"), "m.ics")
    await office.put(agent, event("l", summary="Verrouillé"), "l.ics")
    await office.put(agent, event("s", "20261201T090000Z", "20261201T100000Z", "Secret", "CLASS:PRIVATE"), "s.ics")
    await share(office, home, Grant(colleague.account_id, Role.WRITE))
    wanted = Wanted("l.ics", shared=False, infinite=False, owner="", seconds=600)
    await take_lock(office.agenda, agent, home, wanted)
    before = await office.state()
    over = file(*(vevent(uid, "SUMMARY:Pris") for uid in ("m", "l", "s")))
    fates = await taken(office, colleague, home, over)
    assert outcomes(fates) == [("m", "refused"), ("l", "refused"), ("s", "refused")]
    assert ["meeting" in fates[0].reason, "locked" in fates[1].reason, "has its UID" in fates[2].reason] == [True] * 3
    # Nobody is told by it what the secret is.
    assert "Secret" not in str(fates)
    assert await office.state() == before
