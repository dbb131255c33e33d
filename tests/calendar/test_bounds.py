"""How much somebody may have of each thing, and what a MOVE may not do: refused by name, and nothing is changed."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from chassis.errors import Forbidden, InvalidInput, NotFound, PreconditionFailed, TooLarge, WorkspaceError
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.appointments import AppointmentPage
from services.calendar.domain.finding.booking import Page
from services.calendar.domain.finding.working_hours import USUAL
from services.calendar.usecases import appointment_pages, create_calendar, delegate, keep_object, polls, share_calendar
from services.calendar.usecases.list_calendars import list_calendars
from services.calendar.usecases.move_object import move_object
from services.calendar.usecases.reminders import acknowledge_reminders, list_reminders
from services.calendar.usecases.scheduling import posting
from tests.calendar.office import Office, event
from tests.calendar.scheduling.post import meeting

Act = Callable[[Office, Identity, int], Awaitable[object]]


async def _calendar(office: Office, who: Identity, number: int) -> object:
    return await create_calendar.create_calendar(office.agenda, who, "", create_calendar.Wanted(f"c{number}"))


async def _grant(office: Office, who: Identity, number: int) -> object:
    other = await office.agent(f"colleague{number}")
    home = f"{who.account_id}.agenda"
    return await share_calendar.share_calendar(
        office.agenda, who, home, address=other.address, role=Role.READ, sees_private=False
    )


async def _delegate(office: Office, who: Identity, number: int) -> object:
    other = await office.agent(f"colleague{number}")
    return await delegate.delegate(office.agenda, who, other.address, Role.READ, sees_private=False)


async def _poll(office: Office, who: Identity, number: int) -> object:
    other, start = await office.agent("colleague0"), office.clock() + timedelta(days=1)
    times = [(start, start + timedelta(hours=1))]
    return await polls.create_poll(office.agenda, who, f"Sondage {number}", times, [other.address], None)


async def _page(office: Office, who: Identity, number: int) -> object:
    page = AppointmentPage("", "", "", f"Guichet {number}", Page(USUAL, (30,)))
    return await appointment_pages.create_page(office.agenda, who, page)


async def _object(office: Office, who: Identity, number: int) -> object:
    return await office.put(who, event(f"u{number}"), f"{number}.ics")


# Where the limit stands, what it is here (of calendars there are an agenda and an inbox), what counts, and the field.
BOUNDS: dict[str, tuple[object, str, int, Act, str]] = {
    "calendars": (create_calendar, "MAX_CALENDARS", 4, _calendar, "calendar"),
    "whom a calendar is shared with": (share_calendar, "MAX_GRANTS", 2, _grant, "grants"),
    "delegates": (delegate, "MAX_DELEGATES", 2, _delegate, "address"),
    "polls": (polls, "MOST_POLLS", 2, _poll, "polls"),
    "appointment pages": (appointment_pages, "MAX_PAGES", 2, _page, "page"),
    "objects of a calendar": (keep_object, "MAX_OBJECTS", 2, _object, "calendar"),
    "octets of a calendar": (keep_object, "MAX_CALENDAR_OCTETS", 2 * len(event("u0")), _object, "calendar"),
}


@pytest.mark.parametrize("what", BOUNDS)
async def test_so_much_of_each_thing_and_no_more(
    office: Office, agent: Identity, home: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, name, most, act, field = BOUNDS[what]
    assert getattr(module, name) >= 20, "otherwise nobody could work"
    for number in range(3):
        await office.agent(f"colleague{number}")
    monkeypatch.setattr(module, name, most)
    for number in range(2):
        await act(office, agent, number)
    before = await office.state()
    with pytest.raises(PreconditionFailed) as refused:
        await act(office, agent, 2)
    assert list(refused.value.fields) == [field]
    after = await office.state()
    assert {name: documents for name, documents in after.items() if name != "people"} == {
        name: documents for name, documents in before.items() if name != "people"
    }


async def test_a_full_calendar_still_takes_what_becomes_smaller(
    office: Office, agent: Identity, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.put(agent, event("u0", summary="x" * 500))
    monkeypatch.setattr(keep_object, "MAX_CALENDAR_OCTETS", 10)
    await office.put(agent, event("u0"))
    assert await office.contents(agent, home) == {"e1.ics": event("u0")}


async def test_a_meeting_that_is_too_large_for_so_many_is_not_kept_either(
    office: Office, agent: Identity, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "MOST_IN_ALL", 1_000)
    before = await office.state()
    with pytest.raises(TooLarge) as refused:
        await office.put(agent, meeting(agent.address, [f"a{number}@ailleurs.example" for number in range(50)]))
    assert refused.value.fields == {"rule": "max-resource-size"}
    assert await office.state() == before


async def test_devices_and_what_they_acknowledge_are_bounded(office: Office, agent: Identity, home: str) -> None:
    with pytest.raises(InvalidInput):
        await list_reminders(office.agenda, agent, "d" * 1_001)
    for device, ids in (("", ["x"]), ("d" * 1_001, ["x"]), ("d", ["x"] * 10_001)):
        with pytest.raises(InvalidInput):
            await acknowledge_reminders(office.agenda, agent, device, ids)


async def test_what_no_move_does(
    office: Office, agent: Identity, colleague: Identity, third: Identity, home: str
) -> None:
    theirs = (await list_calendars(office.agenda, colleague))[0].calendar.id
    await share_calendar.share_calendar(
        office.agenda, colleague, theirs, address=agent.address, role=Role.WRITE, sees_private=False
    )
    await office.put(agent, meeting(agent.address, [third.address]), "m.ics")
    await office.put(agent, event("u1"), "a.ics")
    await office.put(colleague, event("s", "20261201T090000Z", "20261201T100000Z", "Secret", "CLASS:PRIVATE"), "s.ics")
    wrong: list[tuple[tuple[str, str], tuple[str, str], bool, type[WorkspaceError]]] = [
        ((home, "m.ics"), (theirs, "m.ics"), True, InvalidInput),
        ((home, "a.ics"), (home, "m.ics"), True, InvalidInput),
        ((home, "a.ics"), (home, "m.ics"), False, PreconditionFailed),
        ((home, "a.ics"), (home, "a.ics"), True, Forbidden),
        ((home, "a.ics"), (f"{agent.account_id}.inbox", "a.ics"), True, Forbidden),
        ((home, "none.ics"), (theirs, "a.ics"), True, NotFound),
        # Over what one may not see, and of it.
        ((home, "a.ics"), (theirs, "s.ics"), True, Forbidden),
        ((theirs, "s.ics"), (home, "s.ics"), True, NotFound),
    ]
    before = await office.state()
    for source, target, overwrite, kind in wrong:
        with pytest.raises(kind):
            await move_object(office.agenda, agent, source, target, overwrite=overwrite, copy=False)
    with pytest.raises(NotFound):
        await move_object(office.agenda, agent, (theirs, "s.ics"), (home, "s.ics"), overwrite=True, copy=True)
    assert await office.state() == before
