"""Meetings as calendar programs make and answer them (RFC 6638): schedule tags, the inbox, refusals by their rule."""

import pytest

from tests.calendar.dav.conftest import CalendarClient, condition, event
from tests.calendar.office import Office
from tests.calendar.scheduling.post import delivered, meeting, with_participation


@pytest.fixture
async def invited(office: Office, mine: CalendarClient, theirs: CalendarClient) -> str:
    """Where the one who is invited has the meeting."""
    answer = await mine.store("m1.ics", meeting(mine.address, [mine.address, theirs.address]))
    assert answer.status_code == 201
    # What is kept is not what was given: the program has to read it (RFC 6638 §3.2.10).
    assert "etag" not in answer.headers
    assert answer.headers["schedule-tag"]
    await delivered(office)
    [path] = (await theirs.sync(path=theirs.calendar)).properties
    return str(path)


async def test_who_is_invited_answers_and_the_organisers_tag_stays(
    office: Office, mine: CalendarClient, theirs: CalendarClient, invited: str
) -> None:
    own = f"{mine.calendar}m1.ics"
    before = await mine.ask("GET", own)
    tag = before.headers["schedule-tag"]
    found = await mine.propfind(own, "C:schedule-tag", "D:getetag")
    assert found.texts(own, "schedule-tag") == [tag]
    copy = await theirs.ask("GET", invited)
    assert copy.headers["schedule-tag"]
    inbox = await theirs.propfind(f"{theirs.home}inbox/", "D:getetag", depth="1")
    [message] = [path for path in inbox.properties if path.endswith(".ics")]
    assert b"METHOD:REQUEST" in (await theirs.ask("GET", message)).content
    assert (await theirs.ask("DELETE", message)).status_code == 204
    accepted = with_participation(copy.content, theirs.address, "ACCEPTED")
    said = {"content_type": "text/calendar", "if_schedule_tag_match": copy.headers["schedule-tag"]}
    assert (await theirs.ask("PUT", invited, accepted, **said)).status_code == 204
    await delivered(office)
    after = await mine.ask("GET", own)
    assert b"PARTSTAT=ACCEPTED" in after.content.replace(b"\r\n ", b"")
    assert after.headers["etag"] != before.headers["etag"]
    assert after.headers["schedule-tag"] == tag
    # A program that has not seen the answer yet changes the meeting all the same, and one of an older meeting does not.
    moved = meeting(mine.address, [mine.address, theirs.address], start="20261202T090000Z", end="20261202T100000Z")
    kept = await mine.store("m1.ics", moved, if_schedule_tag_match=tag)
    assert kept.status_code == 204
    assert kept.headers["schedule-tag"] != tag
    assert (await mine.store("m1.ics", moved, if_schedule_tag_match=tag)).status_code == 412


async def test_what_only_the_organiser_changes_is_refused_by_its_rule(
    mine: CalendarClient, theirs: CalendarClient, invited: str
) -> None:
    copy = (await theirs.ask("GET", invited)).content
    changed = copy.replace(b"20261201T090000Z", b"20261201T080000Z")
    answer = await theirs.ask("PUT", invited, changed, content_type="text/calendar")
    assert (answer.status_code, condition(answer)) == (403, "allowed-attendee-scheduling-object-change")
    await mine.make("autre")
    again = meeting(mine.address, [mine.address, theirs.address])
    twice = await mine.ask("PUT", f"{mine.home}autre/m.ics", again, content_type="text/calendar")
    assert (twice.status_code, condition(twice)) == (403, "unique-scheduling-object-resource")
    copied = await mine.ask("COPY", f"{mine.calendar}m1.ics", destination=f"{mine.home}autre/m.ics")
    assert (copied.status_code, condition(copied)) == (403, "unique-scheduling-object-resource")
    moved = await mine.ask("MOVE", f"{mine.calendar}m1.ics", destination=f"{mine.home}autre/m.ics")
    assert moved.status_code == 201


@pytest.mark.parametrize(("said", "declined"), [({}, True), ({"schedule_reply": "F"}, False)])
async def test_who_deletes_a_meeting_declines_it_unless_the_program_says_not_to(
    office: Office, mine: CalendarClient, theirs: CalendarClient, invited: str, said: dict[str, str], declined: bool
) -> None:
    assert (await theirs.ask("DELETE", invited, **said)).status_code == 204
    await delivered(office)
    content = (await mine.ask("GET", f"{mine.calendar}m1.ics")).content.replace(b"\r\n ", b"")
    assert (b"PARTSTAT=DECLINED" in content) is declined


async def test_what_is_nobodys_meeting_has_no_schedule_tag(mine: CalendarClient) -> None:
    answer = await mine.store("a.ics", event("u"))
    assert "schedule-tag" not in answer.headers
    assert answer.headers["etag"]
    found = await mine.propfind(f"{mine.calendar}a.ics", "C:schedule-tag")
    assert found.missing[f"{mine.calendar}a.ics"] == {"schedule-tag"}


async def test_who_is_invited_to_some_instances_keeps_and_moves_them_and_an_organiser_has_the_series(
    mine: CalendarClient, theirs: CalendarClient
) -> None:
    alone = meeting(mine.address, [mine.address, theirs.address]).replace(
        b"BEGIN:VEVENT\r\n", b"BEGIN:VEVENT\r\nRECURRENCE-ID:20261201T090000Z\r\n"
    )
    assert (await theirs.store("alone.ics", alone)).status_code == 201
    assert (await theirs.ask("MKCALENDAR", f"{theirs.home}autre/")).status_code == 201
    target = f"{theirs.home}autre/alone.ics"
    moved = await theirs.ask("MOVE", f"{theirs.calendar}alone.ics", destination=target)
    assert moved.status_code == 201, moved.text
    assert b"RECURRENCE-ID:20261201T090000Z" in (await theirs.ask("GET", target)).content
    refused = await mine.store("alone.ics", alone)
    assert (refused.status_code, condition(refused)) == (403, "valid-calendar-object-resource")
