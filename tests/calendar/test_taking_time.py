"""A calendar that begins, or ceases, to take its owner's time, with more objects than one write has."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.identity import Identity
from services.calendar.store import objects
from services.calendar.usecases import update_calendar as update_calendar_module
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.free_busy import free_busy
from services.calendar.usecases.list_calendars import list_calendars
from services.calendar.usecases.roll_horizon import roll_horizon
from services.calendar.usecases.take_time_again import finish_taking_time
from services.calendar.usecases.update_calendar import update_calendar
from tests.calendar.office import Office, event

MONDAY = datetime(2026, 11, 30, tzinfo=UTC)
EVENTS = 5


@pytest.fixture
async def calendar(office: Office, agent: Identity, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(objects, "COUNTED_AT_ONCE", 2)
    await list_calendars(office.agenda, agent)
    for hour in range(EVENTS):
        times = (f"20261130T{8 + 2 * hour:02}0000Z", f"20261130T{9 + 2 * hour:02}0000Z")
        await office.put(agent, event(f"u{hour}", *times), f"{hour}.ics")
    return f"{agent.account_id}.agenda"


async def taken(office: Office, agent: Identity) -> int:
    """How many events take time, by the index that knows."""
    return await office.database["objects"].count_documents({"owner": agent.account_id, "busy": {"$ne": []}})


async def shown(office: Office, agent: Identity) -> int:
    (own,) = await free_busy(office.agenda, agent, [agent.address], MONDAY, MONDAY + timedelta(days=1))
    return len(own.periods or ())


async def cut_off(agenda: Agenda, calendar_id: str, change: int) -> None:
    """As if the process had ended there."""


async def test_what_was_cut_off_is_finished_by_the_round(
    office: Office, agent: Identity, calendar: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for transparent, count in ((True, 0), (False, EVENTS)):
        with monkeypatch.context() as patch:
            patch.setattr(update_calendar_module, "take_time_again", cut_off)
            await update_calendar(office.agenda, agent, calendar, {"transparent": transparent})
        assert await taken(office, agent) == EVENTS - count
        assert await finish_taking_time(office.agenda) == 1
        assert (await taken(office, agent), await shown(office, agent)) == (count, count)
        assert await finish_taking_time(office.agenda) == 0


async def test_who_says_it_has_it_at_once_and_nothing_is_left_to_do(
    office: Office, agent: Identity, calendar: str
) -> None:
    await update_calendar(office.agenda, agent, calendar, {"transparent": True})
    assert await taken(office, agent) == 0
    await update_calendar(office.agenda, agent, calendar, {"title": "Permanences"})
    assert await finish_taking_time(office.agenda) == 0


class Overtaken:
    """The collection of objects, in which `meanwhile` comes after the first reading."""

    def __init__(self, collection: Any, meanwhile: Callable[[], Awaitable[Any]]) -> None:
        self._collection = collection
        self._meanwhile: Callable[[], Awaitable[Any]] | None = meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._collection, name)

    async def find_one(self, *asked: Any, **said: Any) -> Any:
        found = await self._collection.find_one(*asked, **said)
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        return found


async def test_a_series_that_is_computed_anew_meanwhile_takes_no_time_either(
    office: Office, agent: Identity, calendar: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = office.agenda.objects
    await office.put(agent, event("u9", "20261201T090000Z", "20261201T100000Z", "Point", "RRULE:FREQ=WEEKLY"), "9.ics")
    office.clock.pass_by(days=400)

    async def saying() -> None:
        await update_calendar(office.agenda, agent, calendar, {"transparent": True})

    monkeypatch.setattr(store, "_objects", Overtaken(store._objects, saying))
    assert await roll_horizon(office.agenda) >= 1
    assert await taken(office, agent) == 0
    assert await store.to_roll(office.clock(), 10) == []


async def test_whoever_is_overtaken_leaves_nothing_older(
    office: Office, agent: Identity, calendar: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two of its writes somebody says the contrary, and is done before it."""
    store, overtaken = office.agenda.calendars, False
    locking: Callable[..., Awaitable[Any]] = store.locking

    async def overtaking(calendar_id: str, act: Any) -> Any:
        nonlocal overtaken
        done = await locking(calendar_id, act)
        if not overtaken:
            overtaken = True
            await update_calendar(office.agenda, agent, calendar, {"transparent": False})
        return done

    monkeypatch.setattr(store, "locking", overtaking)
    await update_calendar(office.agenda, agent, calendar, {"transparent": True})
    assert overtaken
    assert (await taken(office, agent), await shown(office, agent)) == (EVENTS, EVENTS)
    assert await finish_taking_time(office.agenda) == 0
