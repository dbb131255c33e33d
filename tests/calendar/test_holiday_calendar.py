"""The calendar of national holidays: kept by the platform, and read by everybody."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from chassis.errors import Forbidden, InvalidInput, NotFound
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.calendars import NATIONAL_CALENDAR as HOLIDAYS
from services.calendar.domain.finding.holidays import Correction
from services.calendar.domain.instances import Window
from services.calendar.usecases.calendar_busy import calendar_busy
from services.calendar.usecases.delete_calendar import delete_calendar
from services.calendar.usecases.delete_object import delete_object
from services.calendar.usecases.find_home import find_home
from services.calendar.usecases.free_busy import free_busy
from services.calendar.usecases.keep_holidays import TITLE, keep_holidays
from services.calendar.usecases.list_calendars import list_calendars
from services.calendar.usecases.list_changes import list_changes
from services.calendar.usecases.list_instances import list_instances
from services.calendar.usecases.put_object import put_object
from services.calendar.usecases.read_objects import list_objects
from services.calendar.usecases.search_events import search_events
from services.calendar.usecases.share_calendar import share_calendar, unshare_calendar
from services.calendar.usecases.update_calendar import update_calendar
from services.calendar.usecases.wish import wish
from services.calendar.usecases.working_hours import correct_holidays
from tests.calendar.conftest import Api
from tests.calendar.dav.conftest import CalendarClient
from tests.calendar.office import Office, event
from tests.calendar.resources.asking import administrator_of

CHRISTMAS = (datetime(2026, 12, 25, tzinfo=UTC), datetime(2026, 12, 26, tzinfo=UTC))


@pytest.fixture
async def national(office: Office) -> Identity:
    return await office.agent("national", grants=administrator_of(""))


def window(start: datetime, end: datetime) -> Window:
    return Window(int(start.timestamp()), int(end.timestamp()))


async def days(office: Office, who: Identity, year: int) -> dict[str, date]:
    """What somebody is shown of a year, without having named any calendar."""
    asked = window(datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC))
    found = (await list_instances(office.agenda, who, asked, [])).instances
    return {
        each.stored.facts.components[0].summary: datetime.fromtimestamp(each.occurrence.start, UTC).date()
        for each in found
        if each.stored.calendar == HOLIDAYS
    }


async def test_everybody_reads_the_holidays_and_finds_them(office: Office, agent: Identity, stranger: Identity) -> None:
    assert [each.calendar.title for each in await list_calendars(office.agenda, agent)] == ["Agenda", "inbox"]
    made = await keep_holidays(office.agenda)
    outside = await office.agent("agent9", unit_path=())
    for who in (agent, stranger, outside):
        reached = (await list_calendars(office.agenda, who))[-1]
        assert (reached.calendar.title, reached.access.role) == (TITLE, Role.READ)
        assert reached.calendar.objects == made == len(await list_objects(office.agenda, who, HOLIDAYS))
        assert (await days(office, who, 2027))["Noël"] == date(2027, 12, 25)
        page = await search_events(office.agenda, who, "noël", [], window(*CHRISTMAS), 0, "")
        assert [each.stored.calendar for each in page.instances] == [HOLIDAYS]


async def test_a_round_without_news_writes_nothing_and_a_new_year_comes_by_itself(
    office: Office, agent: Identity
) -> None:
    await keep_holidays(office.agenda)
    cursor = (await list_changes(office.agenda, agent, "", [HOLIDAYS])).cursor
    assert await keep_holidays(office.agenda) == 0
    assert not (await list_changes(office.agenda, agent, cursor, [HOLIDAYS])).changes
    assert (await list_changes(office.agenda, agent, cursor, [HOLIDAYS])).cursor == cursor
    office.clock.pass_by(days=60)
    assert await keep_holidays(office.agenda) > 0
    assert "Noël" in await days(office, agent, 2030)
    assert await days(office, agent, 2025) == {}


async def test_a_correction_moves_the_event_at_once_and_leaves_the_others(
    office: Office, agent: Identity, national: Identity
) -> None:
    await keep_holidays(office.agenda)
    cursor = (await list_changes(office.agenda, agent, "", [HOLIDAYS])).cursor
    said = [
        Correction(2027, "eid-al-adha", date(2027, 5, 18)),
        Correction(2027, "election", date(2027, 3, 7), "Élection", "Election"),
        Correction(2027, "labor-day", None),
    ]
    await correct_holidays(office.agenda, national, 2027, said)
    shown = await days(office, agent, 2027)
    assert (shown["Tabaski"], shown["Élection"], "Fête du travail" in shown) == (
        date(2027, 5, 18), date(2027, 3, 7), False,
    )  # fmt: skip
    assert "Tabaski (date estimée)" not in shown
    changes = (await list_changes(office.agenda, agent, cursor, [HOLIDAYS])).changes
    assert sorted(bool(each.etag) for each in changes) == [False, True, True]
    # Taken back, it is as it was.
    await correct_holidays(office.agenda, national, 2027, [])
    assert "Tabaski (date estimée)" in await days(office, agent, 2027)


async def test_a_correction_before_the_first_round_makes_no_calendar(
    office: Office, agent: Identity, national: Identity
) -> None:
    await correct_holidays(office.agenda, national, 2027, [Correction(2027, "labor-day", None)])
    with pytest.raises(NotFound):
        await list_objects(office.agenda, agent, HOLIDAYS)
    await keep_holidays(office.agenda)
    assert "Fête du travail" not in await days(office, agent, 2027)


async def test_a_round_that_was_cut_off_is_finished_by_the_next(office: Office, agent: Identity) -> None:
    whole = await keep_holidays(office.agenda)
    rows = await list_objects(office.agenda, agent, HOLIDAYS)
    await office.database["objects"].delete_many({"calendar": HOLIDAYS, "name": {"$in": [r.name for r in rows[:30]]}})
    assert await keep_holidays(office.agenda) == 30
    assert len(await list_objects(office.agenda, agent, HOLIDAYS)) == whole


async def test_rounds_and_corrections_at_once_end_with_the_correction(
    office: Office, agent: Identity, national: Identity
) -> None:
    said = [Correction(2027, "labor-day", None), Correction(2027, "election", date(2027, 3, 7), "Élection")]
    await keep_holidays(office.agenda)
    rounds = (keep_holidays(office.agenda) for _ in range(2))
    await asyncio.gather(*rounds, correct_holidays(office.agenda, national, 2027, said), keep_holidays(office.agenda))
    shown = await days(office, agent, 2027)
    assert (shown["Élection"], "Fête du travail" in shown) == (date(2027, 3, 7), False)
    objects = await list_objects(office.agenda, agent, HOLIDAYS)
    assert (await list_calendars(office.agenda, agent))[-1].calendar.objects == len(objects)


async def test_nobody_writes_shares_or_removes_it(office: Office, agent: Identity, national: Identity) -> None:
    await keep_holidays(office.agenda)
    [row, *_] = await list_objects(office.agenda, agent, HOLIDAYS)
    for who in (agent, national):
        for act in (
            put_object(office.agenda, who, HOLIDAYS, "a.ics", event()),
            delete_object(office.agenda, who, HOLIDAYS, row.name),
            update_calendar(office.agenda, who, HOLIDAYS, {"title": "Congés"}),
            delete_calendar(office.agenda, who, HOLIDAYS),
            share_calendar(office.agenda, who, HOLIDAYS, unit="office", role=Role.OWN, sees_private=True),
            unshare_calendar(office.agenda, who, HOLIDAYS, "everybody"),
        ):
            with pytest.raises(Forbidden):
                await act
    # Nor has anybody else's calendar the audience of this one.
    await list_calendars(office.agenda, national)
    own = f"{national.account_id}.agenda"
    with pytest.raises(InvalidInput):
        await share_calendar(office.agenda, national, own, unit="everybody", role=Role.READ, sees_private=True)
    assert await keep_holidays(office.agenda) == 0


async def test_who_does_not_want_it_hides_it_and_brings_it_back(
    http: httpx.AsyncClient, api: Api, office: Office, agent: Identity, colleague: Identity
) -> None:
    await keep_holidays(office.agenda)
    said: Any = {"headers": {"authorization": f"Bearer {api.token(agent)}"}}
    cursor = (await list_changes(office.agenda, agent, "", [])).cursor
    for _ in range(2):
        gone = await http.delete(f"/v1/calendars/{HOLIDAYS}/grants/{agent.account_id}", **said)
        assert gone.status_code == 204, gone.text
    assert HOLIDAYS not in {each["id"] for each in (await http.get("/v1/calendars", **said)).json()["calendars"]}
    assert await days(office, agent, 2027) == {}
    assert (await list_changes(office.agenda, agent, cursor, [])).gone == [HOLIDAYS]
    assert (await find_home(office.agenda, agent, agent.address)).calendars[-1].calendar.id != HOLIDAYS
    assert (await list_calendars(office.agenda, colleague))[-1].calendar.id == HOLIDAYS
    wishes = (await http.get("/v1/calendar/preferences", **said)).json()
    assert wishes["hidden_calendars"] == [HOLIDAYS]
    for wrong in ([""], ["c" * 201], [f"c{number}" for number in range(201)]):
        bad = await http.patch("/v1/calendar/preferences", json={"hidden_calendars": wrong}, **said)
        assert bad.status_code == 400
    shown = await http.patch("/v1/calendar/preferences", json={"hidden_calendars": []}, **said)
    assert shown.status_code == 200, shown.text
    assert (await list_calendars(office.agenda, agent))[-1].calendar.id == HOLIDAYS


async def test_ones_own_calendars_are_not_hidden(office: Office, agent: Identity) -> None:
    await wish(office.agenda, agent, {"hidden_calendars": (f"{agent.account_id}.agenda",)})
    assert [each.calendar.title for each in await list_calendars(office.agenda, agent)] == ["Agenda", "inbox"]


async def test_it_takes_nobodys_time_and_opens_nobodys_home(
    office: Office, agent: Identity, colleague: Identity
) -> None:
    await list_calendars(office.agenda, colleague)
    await keep_holidays(office.agenda)
    for who in (agent, colleague):
        (shown,) = await free_busy(office.agenda, agent, [who.address], *CHRISTMAS)
        assert shown.periods == []
    asked = window(*CHRISTMAS)
    assert await calendar_busy(office.agenda, agent, HOLIDAYS, asked.start, asked.end) == []
    with pytest.raises(NotFound):
        await find_home(office.agenda, agent, colleague.address)


async def test_it_stands_in_lists_of_rest_and_homes_of_caldav(
    http: httpx.AsyncClient, api: Api, office: Office, agent: Identity
) -> None:
    await keep_holidays(office.agenda)
    client = CalendarClient(http, agent.address, {"authorization": f"Bearer {api.token(agent)}"})
    listed: list[dict[str, Any]] = (await http.get("/v1/calendars", headers=client.headers)).json()["calendars"]
    told = {name: listed[-1][name] for name in ("id", "kind", "role", "transparent")}
    assert told == {"id": HOLIDAYS, "kind": "CALENDAR_KIND_NATIONAL", "role": "ROLE_READ", "transparent": True}
    there = f"{client.home}{HOLIDAYS}/"
    home = await client.propfind(client.home, "D:displayname", "D:current-user-privilege-set", depth="1")
    assert home.texts(there, "displayname") == [TITLE]
    granted = {each[0].tag for each in home.properties[there]["current-user-privilege-set"]}
    assert "{DAV:}read" in granted
    assert granted.isdisjoint({"{DAV:}write", "{DAV:}write-content", "{DAV:}bind"})
    members = [path for path in (await client.sync(path=there)).properties if path != there]
    assert len(members) == listed[-1]["objects"]
    read = await client.ask("GET", members[0])
    assert read.status_code == 200
    assert b"TRANSP:TRANSPARENT" in read.content
    for method, path in (("PUT", members[0]), ("DELETE", members[0]), ("DELETE", there), ("LOCK", there)):
        body = event() if method == "PUT" else b""
        assert (await client.ask(method, path, body, content_type="text/calendar")).status_code == 403
