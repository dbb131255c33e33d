"""Nobody invites, moves or calls off in somebody else's name, however an organiser is written."""

from collections.abc import Callable

import pytest

from chassis.identity import Identity
from services.calendar.usecases.list_calendars import own_calendars
from tests.calendar.dav.conftest import CalendarClient, condition, event
from tests.calendar.office import Office
from tests.calendar.scheduling.post import copy_of, delivered, meeting

OUTSIDE = "invitee@ministere.example"
# The colleague, as a program may name them.
NAMES: dict[str, Callable[[str], str]] = {
    "by address": lambda who: f"mailto:{who}",
    "by address in capitals": lambda who: f"MAILTO:{who.upper()}",
    "by address with escapes": lambda who: f"mailto:{who.replace('@', '%40')}",
    "by principal": lambda who: f"/dav/principals/{who}/",
    "by principal elsewhere": lambda who: f"https://ailleurs.example/dav/principals/{who}/",
    "by a path that climbs": lambda who: f"/dav/principals/x/../{who}/",
    "by the principal of nobody": lambda who: "/dav/principals/personne@numerique.gouv.tg/",
    "by a name of no address": lambda who: "urn:uuid:1b4e28ba-2fa1-11d2-883f-0016d3cca427",
    "by a script": lambda who: "javascript:alert(1)",
}


def named(organizer: str, mine: str, uid: str = "m1", *more: str) -> bytes:
    people = (f"ATTENDEE:mailto:{OUTSIDE}", "ATTENDEE:mailto:agent3@numerique.gouv.tg", f"ATTENDEE:mailto:{mine}")
    return event(uid, "20261201T090000Z", "20261201T100000Z", "Budget", f"ORGANIZER:{organizer}", *people, *more)


async def sent(office: Office) -> list[str]:
    """What would go to others."""
    return [each.type for each in await office.facts("scheduling_message_sent", "invitation_requested")]


@pytest.mark.parametrize("how", NAMES)
async def test_what_is_put_in_a_colleagues_name_invites_nobody(
    office: Office, mine: CalendarClient, colleague: Identity, third: Identity, how: str
) -> None:
    await own_calendars(office.agenda, third.account_id)
    organizer = NAMES[how](colleague.address)
    for content in (
        named(organizer, mine.address),
        named(organizer, mine.address, "m1", "SEQUENCE:5", "STATUS:CANCELLED"),
    ):
        answer = await mine.store("a.ics", content)
        assert answer.status_code in {201, 204, 403}, answer.text
        assert await sent(office) == []
    if answer.status_code != 403:
        assert (await mine.ask("DELETE", f"{mine.calendar}a.ics", schedule_reply="F")).status_code == 204
    assert await sent(office) == []
    assert await office.agenda.objects.of_owner_with_uid(third.account_id, "m1") == []


@pytest.mark.parametrize("how", NAMES)
async def test_ones_own_meeting_is_given_to_no_other_organiser(
    office: Office, mine: CalendarClient, agent: Identity, colleague: Identity, how: str
) -> None:
    answer = await mine.store("a.ics", named(f"mailto:{mine.address}", mine.address))
    assert answer.status_code == 201, answer.text
    await office.published()
    before = await office.state()
    refused = await mine.store("a.ics", named(NAMES[how](colleague.address), mine.address))
    assert (refused.status_code, condition(refused)) == (403, "allowed-organizer-scheduling-object-change")
    assert await office.state() == before


async def test_an_instance_of_ones_own_meeting_has_no_organiser_who_is_no_address(
    office: Office, mine: CalendarClient
) -> None:
    series = named(f"mailto:{mine.address}", mine.address, "m1", "RRULE:FREQ=DAILY;COUNT=3")
    assert (await mine.store("a.ics", series)).status_code == 201
    await office.published()
    before = await office.state()
    of_script = named("javascript:alert(1)", mine.address, "m1", "RECURRENCE-ID:20261202T090000Z")
    instance = of_script[of_script.index(b"BEGIN:VEVENT") : of_script.index(b"END:VCALENDAR")]
    refused = await mine.store("a.ics", series.replace(b"END:VCALENDAR", instance + b"END:VCALENDAR"))
    assert (refused.status_code, condition(refused)) == (403, "allowed-organizer-scheduling-object-change")
    assert await office.state() == before


async def test_a_copy_of_a_meeting_invites_nobody_anew(
    office: Office, mine: CalendarClient, agent: Identity, colleague: Identity
) -> None:
    """Of what one is invited to, under another UID, in one's own calendar: it is still the organiser's."""
    await own_calendars(office.agenda, colleague.account_id)
    await office.put(colleague, meeting(colleague.address, [agent.address, OUTSIDE]), "m1.ics")
    await delivered(office)
    copy = await copy_of(office, agent)
    stolen = copy.content.replace(b"UID:m1", b"UID:vol").replace(b"SUMMARY:Budget", b"SUMMARY:Vol")
    assert (await mine.store("vol.ics", stolen)).status_code in {201, 403}
    assert await sent(office) == []
    assert "Vol" not in (await copy_of(office, colleague)).content.decode()
