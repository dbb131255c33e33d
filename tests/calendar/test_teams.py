"""Calendars that all of a unit work with."""

from typing import Any

import pytest

from chassis.errors import Conflict, Forbidden, InvalidInput, NotFound
from chassis.identity import Grant as Granted
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.usecases.authority import Reached
from services.calendar.usecases.create_calendar import Wanted
from services.calendar.usecases.delete_calendar import delete_calendar
from services.calendar.usecases.list_calendars import list_calendars
from services.calendar.usecases.put_object import put_object
from services.calendar.usecases.read_objects import list_objects
from services.calendar.usecases.team_calendars import create_team_calendar, follow_team, list_team_calendars
from services.calendar.usecases.update_calendar import update_calendar
from tests.calendar.office import Office, event


@pytest.fixture
async def head(office: Office) -> Identity:
    """Administers the ministry, and works in it."""
    return await office.agent("admin", unit_path=("ministry",), grants=[Granted("administrator", "ministry")])


async def team(office: Office, by: Identity, unit: str = "office", members: Role = Role.WRITE) -> Reached:
    wanted = Wanted("equipe", said={"title": "Équipe"})
    return await create_team_calendar(office.agenda, office.units, by, unit, wanted, members)


async def seen(office: Office, who: Identity) -> dict[str, Role]:
    return {each.calendar.title: each.access.role for each in await list_calendars(office.agenda, who)}


async def test_everybody_of_the_unit_works_with_it_and_nobody_else(
    office: Office, head: Identity, agent: Identity, stranger: Identity
) -> None:
    made = (await team(office, head)).calendar
    assert (await seen(office, agent))["Équipe"] == Role.WRITE
    await put_object(office.agenda, agent, made.id, "a.ics", event())
    assert [row.name for row in await list_objects(office.agenda, head, made.id)] == ["a.ics"]
    assert "Équipe" not in await seen(office, stranger)
    with pytest.raises(NotFound):
        await list_objects(office.agenda, stranger, made.id)


async def test_members_write_or_read_and_administrators_own(office: Office, head: Identity, agent: Identity) -> None:
    made = (await team(office, head, members=Role.READ)).calendar
    with pytest.raises(Forbidden):
        await put_object(office.agenda, agent, made.id, "a.ics", event())
    with pytest.raises(Forbidden):
        await update_calendar(office.agenda, agent, made.id, {"title": "À moi"})
    await update_calendar(office.agenda, head, made.id, {"title": "Bureau"})
    assert (await seen(office, agent))["Bureau"] == Role.READ
    await delete_calendar(office.agenda, head, made.id)
    assert "Bureau" not in await seen(office, agent)


async def test_only_administrators_of_the_unit_make_and_list_them(
    office: Office, head: Identity, agent: Identity
) -> None:
    await team(office, head)
    for who, unit in ((agent, "office"), (head, "health"), (head, "nowhere"), (head, "")):
        with pytest.raises(NotFound):
            await create_team_calendar(office.agenda, office.units, who, unit, Wanted("x"), Role.WRITE)
        with pytest.raises(NotFound):
            await list_team_calendars(office.agenda, office.units, who, unit)
    with pytest.raises(InvalidInput):
        await team(office, head, members=Role.OWN)
    found = await list_team_calendars(office.agenda, office.units, head, "ministry")
    assert [each.calendar.title for each in found] == ["Équipe"]


async def test_a_team_follows_its_unit(office: Office, head: Identity, agent: Identity) -> None:
    made = (await team(office, head)).calendar
    await follow_team(office.agenda, "ministry", ("state", "ministry"), 5)
    await follow_team(office.agenda, "ministry", ("old", "ministry"), 4)
    assert (await office.agenda.calendars.get(made.id)).unit_path == ("state", "ministry", "office")


async def test_an_heir_has_its_right_also_when_somebody_writes_meanwhile(
    office: Office, head: Identity, agent: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = (await team(office, head)).calendar
    heir = await office.agent("agent9", unit_path=("health",))
    inherit, first = office.agenda.calendars.inherit, True

    async def meanwhile(*said: Any) -> bool:
        nonlocal first
        if first:
            first = False
            await put_object(office.agenda, agent, made.id, "e1.ics", event())
        return await inherit(*said)

    monkeypatch.setattr(office.agenda.calendars, "inherit", meanwhile)
    with pytest.raises(Conflict):
        await follow_team(office.agenda, "office", ("health",), 7, heir="health")
    await follow_team(office.agenda, "office", ("health",), 7, heir="health")
    assert (await seen(office, heir))["Équipe"] == Role.WRITE


async def test_what_a_merged_unit_had_its_heir_has(office: Office, head: Identity, agent: Identity) -> None:
    made = (await team(office, head)).calendar
    heir = await office.agent("agent9", unit_path=("health",))
    for _ in range(2):
        await follow_team(office.agenda, "office", ("health",), 7, heir="health")
    assert (await seen(office, heir))["Équipe"] == Role.WRITE
    assert "Équipe" not in await seen(office, agent)
    assert (await office.agenda.calendars.get(made.id)).unit_path == ("health",)
