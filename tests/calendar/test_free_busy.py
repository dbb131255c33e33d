"""When people are busy, and to whom it is shown."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from chassis.documents import connect
from chassis.documents.connect import close
from chassis.errors import InvalidInput
from chassis.identity import Identity
from services.calendar import bootstrap
from services.calendar.domain.access import Role
from services.calendar.domain.finding.slots import Wish
from services.calendar.domain.finding.working_hours import HOME, hours_given
from services.calendar.domain.free_busy import Busy
from services.calendar.domain.objects import CalendarObject, Facts, facts_of
from services.calendar.settings import Settings
from services.calendar.usecases import roll_horizon as rolling
from services.calendar.usecases.create_calendar import Wanted, create_calendar
from services.calendar.usecases.delegate import delegate
from services.calendar.usecases.find_slots import Asked as Asking
from services.calendar.usecases.find_slots import find_slots
from services.calendar.usecases.free_busy import Shown, free_busy
from services.calendar.usecases.list_calendars import list_calendars
from services.calendar.usecases.roll_horizon import roll_horizon
from services.calendar.usecases.share_calendar import share_calendar
from services.calendar.usecases.update_calendar import update_calendar
from services.calendar.usecases.wish import wish
from tests.asked import Asked
from tests.calendar.conftest import Said
from tests.calendar.office import Office, event
from tests.databases import Databases

MONDAY = datetime(2026, 11, 30, tzinfo=UTC)
WEEK_AFTER = MONDAY + timedelta(days=7)


async def week(office: Office, who: Identity, *addresses: str, start: datetime = MONDAY, **said: Any) -> list[Shown]:
    return await free_busy(office.agenda, who, addresses, start, start + timedelta(days=7), **said)


def spans(shown: Shown) -> list[tuple[str, str, Busy]]:
    """The day and hour of begin and end."""
    return [
        (f"{datetime.fromtimestamp(each.start, UTC):%d %H:%M}", f"{datetime.fromtimestamp(each.end, UTC):%d %H:%M}",
         each.kind)
        for each in shown.periods or ()
    ]  # fmt: skip


@pytest.fixture(autouse=True)
async def _calendars(office: Office, agent: Identity, colleague: Identity) -> None:
    for who in (agent, colleague):
        await list_calendars(office.agenda, who)


async def test_busy_times_of_many_come_together(office: Office, agent: Identity, colleague: Identity) -> None:
    await office.put(agent, event("u1", "20261130T090000Z", "20261130T100000Z"), "a.ics")
    await office.put(agent, event("u2", "20261130T093000Z", "20261130T110000Z"), "b.ics")
    await office.put(colleague, event("u3", "20261201T090000Z", "20261201T100000Z", "Point", "STATUS:TENTATIVE"))
    mine, theirs, nobody = await week(office, agent, agent.address, colleague.address, "personne@gouv.tg")
    assert spans(mine) == [("30 09:00", "30 11:00", Busy.BUSY)]
    assert spans(theirs) == [("01 09:00", "01 10:00", Busy.TENTATIVE)]
    assert nobody.periods is None


async def test_many_are_asked_for_by_as_few_questions_as_few(
    databases: Databases, calendar_settings: Settings, office: Office, agent: Identity
) -> None:
    guests = [await office.agent(f"guest{number}") for number in range(9)]
    for number, who in enumerate(guests):
        await list_calendars(office.agenda, who)
        # Of two weeks, in one, and again and again.
        await office.put(who, event("u1", "20261206T220000Z", f"20261207T0{number}3000Z"), "a.ics")
        await office.put(who, event("u2", f"2026120{number % 3 + 1}T090000Z", "20261204T100000Z"), "b.ics")
        await office.put(who, event("u3", "20261130T120000Z", "20261130T123000Z", "Point", "RRULE:FREQ=DAILY"), "c.ics")
    await wish(office.agenda, guests[0], {"free_busy": "nobody"})
    asked = Asked()
    database = connect(databases.url, office.database.name, listeners=[asked])
    agenda = bootstrap.wire(calendar_settings, office.clock, database).agenda

    async def questions(people: Sequence[Identity]) -> tuple[list[Shown], Counter[str]]:
        asked.commands.clear()
        return await free_busy(agenda, agent, [each.address for each in people], MONDAY, WEEK_AFTER), +asked.commands

    async def questions_for_slots(people: Sequence[Identity]) -> Counter[str]:
        asked.commands.clear()
        wanted = Wish(int(MONDAY.timestamp()), int(WEEK_AFTER.timestamp()), 3600)
        await find_slots(agenda, agent, Asking([(each.address, True) for each in people], [], wanted))
        return +asked.commands

    together, all_at_once = await questions(guests)
    assert together == [(await questions([each]))[0][0] for each in guests]
    assert [each.periods is None for each in together] == [True, *[False] * 8]
    assert set(all_at_once.values()) == {1}
    assert sum(all_at_once.values()) == sum((await questions(guests[:2]))[1].values())
    assert await questions_for_slots(guests[:2]) == await questions_for_slots(guests)
    await close(database)


async def test_a_series_is_busy_each_week_even_beyond_what_is_known(office: Office, agent: Identity) -> None:
    await office.put(agent, event("u1", "20261130T090000Z", "20261130T100000Z", "Point", "RRULE:FREQ=WEEKLY"))
    for start in (MONDAY, MONDAY + timedelta(weeks=52), MONDAY + timedelta(weeks=520)):
        (mine,) = await week(office, agent, agent.address, start=start)
        assert len(spans(mine)) == 1, start


@pytest.mark.parametrize("more", ["TRANSP:TRANSPARENT", "STATUS:CANCELLED"])
async def test_what_takes_no_time_is_not_busy(office: Office, agent: Identity, more: str) -> None:
    await office.put(agent, event("u1", "20261130T090000Z", "20261130T100000Z", "Point", more))
    (mine,) = await week(office, agent, agent.address)
    assert mine.periods == []


async def test_a_transparent_calendar_takes_no_time(office: Office, agent: Identity) -> None:
    await office.put(agent, event())
    calendar = f"{agent.account_id}.agenda"
    for transparent, count in ((True, 0), (False, 1)):
        await update_calendar(office.agenda, agent, calendar, {"transparent": transparent})
        (mine,) = await week(office, agent, agent.address)
        assert len(spans(mine)) == count


async def test_the_meeting_that_is_moved_does_not_count(office: Office, agent: Identity) -> None:
    await office.put(agent, event("u1"))
    await office.put(agent, event("u2", "20261201T090000Z", "20261201T100000Z"), "b.ics")
    (mine,) = await week(office, agent, agent.address, without_uid="u1")
    assert spans(mine) == [("01 09:00", "01 10:00", Busy.BUSY)]


@pytest.mark.parametrize(("audience", "colleagues", "strangers"), [
    ("everybody", True, True), ("ministry", True, False), ("nobody", False, False),
])  # fmt: skip
async def test_busy_times_are_shown_to_whom_their_owner_wishes(
    office: Office, agent: Identity, colleague: Identity, stranger: Identity,
    audience: str, colleagues: bool, strangers: bool,
) -> None:  # fmt: skip
    await office.put(agent, event())
    await wish(office.agenda, agent, {"free_busy": audience})
    for who, shown in ((agent, True), (colleague, colleagues), (stranger, strangers)):
        (found,) = await week(office, who, agent.address)
        assert (found.periods is not None) == shown


async def test_a_calendar_that_is_shared_shows_when_its_owner_is_busy_by_it_alone(
    office: Office, http: httpx.AsyncClient, said: Said, agent: Identity, colleague: Identity, third: Identity
) -> None:
    """By free/busy, slots and CalDAV's outbox, where its owner's wish shows nothing."""
    projects = (await create_calendar(office.agenda, agent, "", Wanted("projets"))).calendar.id
    await office.put(agent, event("u1"), "a.ics")
    await office.put(agent, event("u2", "20261201T090000Z", "20261201T100000Z"), "b.ics", "projets")
    await wish(office.agenda, agent, {"free_busy": "nobody"})
    await share_calendar(
        office.agenda, agent, projects, address=colleague.address, role=Role.FREE_BUSY, sees_private=False
    )
    (found,) = await week(office, colleague, agent.address)
    assert spans(found) == [("01 09:00", "01 10:00", Busy.BUSY)]
    (nothing,) = await week(office, third, agent.address)
    assert nothing.periods is None
    wanted = Wish(int(MONDAY.timestamp()), int(MONDAY.timestamp()) + 86_400, 3600, 3600)
    slots = (await find_slots(office.agenda, colleague, Asking([(agent.address, True)], [], wanted))).slots
    assert int(datetime(2026, 11, 30, 9, tzinfo=UTC).timestamp()) in [each.start for each in slots if not each.missing]
    question = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:REQUEST\r\nBEGIN:VFREEBUSY\r\nUID:f1\r\n"
        "DTSTAMP:20261130T000000Z\r\nDTSTART:20261130T000000Z\r\nDTEND:20261202T000000Z\r\n"
        f"ORGANIZER:mailto:{colleague.address}\r\nATTENDEE:mailto:{agent.address}\r\n"
        "END:VFREEBUSY\r\nEND:VCALENDAR\r\n"
    )
    outbox = f"/dav/calendars/{colleague.address}/outbox/"
    answer = await http.post(outbox, content=question, headers=said(colleague) | {"content-type": "text/calendar"})
    assert re.findall(r"FREEBUSY;[^&\s]*", answer.text) == ["FREEBUSY;FBTYPE=BUSY:20261201T090000Z/20261201T100000Z"]
    await delegate(office.agenda, agent, third.address, Role.READ, sees_private=False)
    (whole,) = await week(office, third, agent.address)
    assert len(spans(whole)) == 2


async def test_who_is_suspended_comes_to_nothing(office: Office, agent: Identity) -> None:
    gone = await office.agent("agent7", suspended=True)
    (found,) = await week(office, agent, gone.address)
    assert [each.kind for each in found.periods or ()] == [Busy.UNAVAILABLE]
    assert [each.end - each.start for each in found.periods or ()] == [7 * 24 * 3600]


async def test_windows_and_people_are_bounded(office: Office, agent: Identity) -> None:
    many = [f"a{number}@gouv.tg" for number in range(99)]
    shown = await free_busy(office.agenda, agent, [agent.address, *many], MONDAY, MONDAY + timedelta(days=62))
    assert [each.periods is None for each in shown] == [False] + [True] * 99
    for addresses, days in (((), 7), (("a@gouv.tg",) * 101, 7), (("a@gouv.tg",), 63), (("a@gouv.tg",), 0)):
        with pytest.raises(InvalidInput):
            await free_busy(office.agenda, agent, addresses, MONDAY, MONDAY + timedelta(days=days))


@pytest.mark.parametrize("said", [
    {}, {"owner": "x"}, {"free_busy": "friends"}, {"time_zone": "Mars/Base"}, {"availability": "no calendar"},
    {"default_reminders": (1,) * 6}, {"default_reminders": (-1,)}, {"daily_agenda_at": "25:00"},
])  # fmt: skip
async def test_wishes_that_cannot_be_are_refused(office: Office, agent: Identity, said: dict[str, object]) -> None:
    before = await office.state()
    with pytest.raises(InvalidInput) as refused:
        await wish(office.agenda, agent, said)
    assert await office.state() == before
    assert refused.value.fields.keys() == (said.keys() - {"owner"} or {"update_mask"})


async def test_wishes_stay(office: Office, agent: Identity) -> None:
    await wish(
        office.agenda, agent, {"daily_agenda": True, "working_hours": hours_given(HOME, [(1, "08:00", "16:00")])}
    )
    await wish(office.agenda, agent, {"daily_agenda": False})
    found = await office.agenda.preferences.of(agent.account_id)
    assert (found.daily_agenda, found.working_hours) == (False, hours_given(HOME, [(1, "08:00", "16:00")]))


async def test_what_is_known_of_a_series_goes_along_with_time(office: Office, agent: Identity) -> None:
    kept = await office.put(agent, event("u1", "20261130T090000Z", "20261130T100000Z", "Point", "RRULE:FREQ=WEEKLY"))
    assert await roll_horizon(office.agenda) == 0
    office.clock.pass_by(days=500)
    assert await roll_horizon(office.agenda) == 1
    assert await roll_horizon(office.agenda) == 0
    after = await office.agenda.objects.find(kept.stored.key)
    assert after is not None
    assert after.facts.until > kept.stored.facts.until  # type: ignore[operator]
    assert (after.modseq, after.etag, after.content) == (kept.stored.modseq, kept.stored.etag, kept.stored.content)


async def test_a_series_that_is_refused_by_rules_of_today_holds_up_no_other(
    office: Office, agent: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was taken once, stays as it is known, and is looked at again when time has passed."""
    for uid in ("old", "new"):
        weekly = event(uid, "20261130T090000Z", "20261130T100000Z", "Point", "RRULE:FREQ=WEEKLY")
        await office.put(agent, weekly, f"{uid}.ics")

    def refused(given: CalendarObject, *said: Any) -> Facts:
        if given.uid == "old":
            raise InvalidInput("Too much")
        return facts_of(given, *said)

    home = f"{agent.account_id}.agenda"
    monkeypatch.setattr(rolling, "facts_of", refused)
    office.clock.pass_by(days=500)
    before = {each.uid: each.facts.until async for each in office.agenda.objects.all_of(home, content=False)}
    assert await roll_horizon(office.agenda) == 2
    after = {each.uid: each.facts.until async for each in office.agenda.objects.all_of(home, content=False)}
    assert after["old"] == before["old"]
    assert after["new"] > before["new"]  # type: ignore[operator]
