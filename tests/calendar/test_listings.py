"""What is kept of a listing in memory, beside what the database would say: the same, whatever happened since."""

from typing import Any

import pytest

from chassis.identity import Identity
from services.calendar.usecases import listings
from services.calendar.usecases.delete_object import delete_object
from services.calendar.usecases.forget_deletions import forget_deletions
from services.calendar.usecases.list_calendars import list_calendars
from services.calendar.usecases.listings import Listings
from services.calendar.usecases.move_object import move_object
from services.calendar.usecases.read_objects import list_objects
from tests.calendar.office import Office, event


@pytest.fixture
async def home(office: Office, agent: Identity) -> str:
    """The agent's first calendar."""
    return (await list_calendars(office.agenda, agent))[0].calendar.id


@pytest.fixture(autouse=True)
def of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listings, "WORTH_KEEPING", 1)


async def same(office: Office, who: Identity, calendar: str) -> list[str]:
    """The names, once both agree."""
    kept = await list_objects(office.agenda, who, calendar)
    assert list(kept) == await office.agenda.objects.rows(calendar)
    return [row.name for row in kept]


async def test_a_kept_listing_follows_every_change(office: Office, agent: Identity, home: str) -> None:
    for name in ("a", "b", "c"):
        await office.put(agent, event(name), f"{name}.ics")
    assert await same(office, agent, home) == ["a.ics", "b.ics", "c.ics"]
    await office.put(agent, event("a", summary="Autre"), "a.ics")
    await delete_object(office.agenda, agent, home, "b.ics")
    assert await same(office, agent, home) == ["c.ics", "a.ics"]
    await delete_object(office.agenda, agent, home, "a.ics")
    await office.put(agent, event("a"), "a.ics")
    await move_object(office.agenda, agent, (home, "c.ics"), (home, "d.ics"), overwrite=False, copy=False)
    assert await same(office, agent, home) == ["a.ics", "d.ics"]


async def test_what_did_not_change_is_not_asked_for_again(
    office: Office, agent: Identity, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.put(agent, event("a"), "a.ics")
    first = await list_objects(office.agenda, agent, home)

    async def refused(*_: Any) -> Any:
        raise AssertionError("asked again")

    for question in ("rows", "changed", "removed"):
        monkeypatch.setattr(office.agenda.objects, question, refused)
    assert await list_objects(office.agenda, agent, home) == first


async def test_a_listing_from_before_forgotten_deletions_is_not_believed(
    office: Office, agent: Identity, home: str
) -> None:
    for name in ("a", "b"):
        await office.put(agent, event(name), f"{name}.ics")
    assert await same(office, agent, home) == ["a.ics", "b.ics"]
    await delete_object(office.agenda, agent, home, "a.ics")
    office.clock.pass_by(days=91)
    assert await forget_deletions(office.agenda) == 1
    await office.put(agent, event("c"), "c.ics")
    assert await same(office, agent, home) == ["b.ics", "c.ics"]


async def test_no_more_is_kept_than_there_is_room_for(office: Office, agent: Identity, home: str) -> None:
    small = Listings(office.agenda.objects, most=2)
    for name in ("a", "b", "c"):
        await office.put(agent, event(name), f"{name}.ics")
        rows = await small.of(await office.agenda.calendars.get(home))
        assert list(rows) == await office.agenda.objects.rows(home)
