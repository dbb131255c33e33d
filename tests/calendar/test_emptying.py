"""A calendar is deleted at once, however large it is, and emptied by a round: nobody sees what is still to go."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chassis.errors import AlreadyExists, Conflict, NotFound
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.calendars import OWN
from services.calendar.domain.instances import Window
from services.calendar.store.objects import SHARDS
from services.calendar.usecases import empty_calendars as empty_calendars_module
from services.calendar.usecases.busy_times import taking_time
from services.calendar.usecases.create_calendar import Wanted, create_calendar
from services.calendar.usecases.delete_calendar import delete_calendar
from services.calendar.usecases.delete_object import delete_object
from services.calendar.usecases.empty_calendars import BATCHES_AT_ONCE, OBJECTS_TOGETHER, empty_calendars
from services.calendar.usecases.event_at import event_at
from services.calendar.usecases.find_home import find_calendar, find_home
from services.calendar.usecases.list_calendars import list_calendars
from services.calendar.usecases.list_instances import list_instances
from services.calendar.usecases.read_objects import list_objects
from services.calendar.usecases.remind import remind, remind_again
from services.calendar.usecases.reminders import list_reminders, snooze_reminder
from services.calendar.usecases.search_events import search_events
from tests.calendar.office import Office, event
from tests.calendar.scheduling.post import attendee_line, copies_of, copy_of, delivered, meeting

AT_NINE = ("20261130T090000Z", "20261130T100000Z")
ALARM = ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15M", "DESCRIPTION:Rappel", "END:VALARM")


class Killed(BaseException):
    """The process is no more."""


async def made(office: Office, who: Identity, name: str = "projets") -> str:
    return (await create_calendar(office.agenda, who, "", Wanted(name))).calendar.id


async def filled(office: Office, who: Identity, count: int, name: str = "projets") -> str:
    """A calendar with so many objects: one that is put, and others like it, written as that one was."""
    calendar = await made(office, who, name)
    first = (await office.put(who, event("n0", *AT_NINE, "Chantier", *ALARM), "n0.ics", name)).stored
    document = await office.database["objects"].find_one({"_id": first.key})
    copies = [{**document, "_id": f"{first.key}-{at}", "name": f"n{at}.ics", "uid": f"n{at}"} for at in range(1, count)]
    if copies:
        await office.database["objects"].insert_many(copies)
    counted = {"$inc": {"objects": len(copies), "octets": first.octets * len(copies)}}
    await office.database["calendars"].update_one({"_id": calendar}, counted)
    return calendar


async def objects_of(office: Office, calendar: str) -> int:
    return int(await office.database["objects"].count_documents({"calendar": calendar}))


async def emptied(office: Office) -> None:
    """Rounds until there is nothing to do."""
    for _ in range(10):
        await empty_calendars(office.agenda)
        if not await office.agenda.emptying.first(1):
            return
    raise AssertionError("it is never empty")


async def seen(office: Office, who: Identity) -> dict[str, int]:
    """How much of it whoever asks is shown, by how they ask."""
    agenda, now = office.agenda, office.clock()
    day = Window(int(now.timestamp()), int((now + timedelta(days=1)).timestamp()))
    for shard in range(SHARDS):
        await remind(agenda, shard)
    await remind_again(agenda)
    return {
        "window": len((await list_instances(agenda, who, day, ())).instances),
        "search": len((await search_events(agenda, who, "chantier", (), day, 100, "")).instances),
        "busy": len(await taking_time(agenda, [who.account_id], day.start, day.end)),
        "reminders": len(await list_reminders(agenda, who, "")),
    }


async def test_a_large_calendar_is_gone_at_once_and_emptied_later(office: Office, agent: Identity) -> None:
    agenda = office.agenda
    calendar = await filled(office, agent, 600)
    first = (await list_objects(agenda, agent, calendar))[0]
    office.clock.now = datetime(2026, 11, 30, 8, 50, tzinfo=office.clock.now.tzinfo)
    before = await seen(office, agent)
    assert all(before.values()), before
    put_off = (await list_reminders(agenda, agent, ""))[0]
    await snooze_reminder(agenda, agent, put_off.id, office.clock() + timedelta(minutes=1))
    await delete_calendar(agenda, agent, calendar)
    office.clock.pass_by(minutes=2)
    await office.published()
    assert await objects_of(office, calendar) == 600
    assert await seen(office, agent) == dict.fromkeys(before, 0)
    assert await office.facts("reminder_due") == []
    with pytest.raises(NotFound):
        await snooze_reminder(agenda, agent, put_off.id, office.clock() + timedelta(minutes=1))
    assert calendar not in {each.calendar.id for each in await list_calendars(agenda, agent)}
    assert calendar not in {each.calendar.id for each in (await find_home(agenda, agent, agent.address)).calendars}
    for asked in (
        list_objects(agenda, agent, calendar),
        find_calendar(agenda, agent, agent.address, "projets"),
        event_at(agenda, agent, first.key, Role.READ),
        delete_object(agenda, agent, calendar, "n0.ics"),
        delete_calendar(agenda, agent, calendar),
    ):
        with pytest.raises(NotFound):
            await asked
    await office.published()
    assert await empty_calendars(office.agenda) == 0
    assert await objects_of(office, calendar) == 600 - BATCHES_AT_ONCE * OBJECTS_TOGETHER
    await emptied(office)
    assert await objects_of(office, calendar) == 0
    assert len(await office.facts("event_cancelled")) == 600


async def test_one_made_under_its_name_meanwhile_is_another(office: Office, agent: Identity) -> None:
    agenda = office.agenda
    old = await filled(office, agent, 30)
    await delete_calendar(agenda, agent, old)
    new = (await create_calendar(agenda, agent, "", Wanted("projets"))).calendar
    assert (new.id != old, new.name, new.kind) == (True, "projets", OWN)
    with pytest.raises(AlreadyExists):
        await made(office, agent)
    # A name and a UID that the old one still has.
    content = event("n1", summary="Nouveau")
    await office.put(agent, content, "n1.ics", new.id.removeprefix(f"{agent.account_id}."))
    assert (await find_calendar(agenda, agent, agent.address, "projets")).calendar.epoch == new.epoch
    assert await office.contents(agent, new.id) == {"n1.ics": content}
    await emptied(office)
    assert await objects_of(office, old) == 0
    assert await office.contents(agent, new.id) == {"n1.ics": content}
    assert (await find_calendar(agenda, agent, agent.address, "projets")).calendar.objects == 1
    # The usual id is free, the name is not.
    with pytest.raises(AlreadyExists):
        await made(office, agent)
    await delete_calendar(agenda, agent, new.id)
    assert await made(office, agent) == old
    await emptied(office)
    assert await office.contents(agent, old) == {}


@pytest.mark.parametrize("step", ["changing", "done"])
async def test_a_round_that_is_killed_goes_on_where_it_was(
    office: Office, agent: Identity, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    calendar = await filled(office, agent, 50)
    await delete_calendar(office.agenda, agent, calendar)
    await office.published()
    found, deaths = getattr(office.agenda.emptying, step), 0

    async def dying(*said: Any) -> Any:
        """The first time before it, the second time after it, and once more."""
        nonlocal deaths
        deaths += 1
        answer = await found(*said) if deaths % 2 == 0 else None
        if deaths < 4:
            raise Killed
        return answer

    monkeypatch.setattr(office.agenda.emptying, step, dying)
    for _ in range(3):
        with pytest.raises(Killed):
            await empty_calendars(office.agenda)
    monkeypatch.undo()
    await emptied(office)
    assert await objects_of(office, calendar) == 0
    told = await office.facts("event_cancelled")
    assert (len(told), len({each.subject for each in told})) == (50, 50)


async def test_two_that_empty_one_calendar_tell_each_thing_once(
    office: Office, agent: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    calendar = await filled(office, agent, 30)
    await delete_calendar(office.agenda, agent, calendar)
    await office.published()
    planning, first = office.agenda.emptying.changing, True

    async def overtaken(*said: Any) -> Any:
        nonlocal first
        if first:
            first = False
            await empty_calendars(office.agenda)
        return await planning(*said)

    monkeypatch.setattr(office.agenda.emptying, "changing", overtaken)
    await emptied(office)
    assert len(await office.facts("event_cancelled")) == 30


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("whole", [False, True])
async def test_a_meeting_that_is_put_again_after_its_calendar_went_is_a_later_word(
    office: Office, agent: Identity, colleague: Identity, whole: bool, at_once: bool
) -> None:
    """As after the deletion of the object alone, also before the round has called it off."""
    calendar = await made(office, agent)
    invitation = meeting(agent.address, [agent.address, colleague.address])
    await office.put(agent, invitation, "m1.ics", "projets")
    await delivered(office)
    if whole:
        await delete_calendar(office.agenda, agent, calendar)
    else:
        await delete_object(office.agenda, agent, calendar, "m1.ics")
    if not at_once:
        await emptied(office)
        await delivered(office)
        assert (await copy_of(office, colleague)).is_off
    await office.put(agent, invitation, "m1.ics", "agenda")
    await delivered(office)
    await emptied(office)
    await delivered(office)
    copy = await copy_of(office, colleague)
    assert b"STATUS:CANCELLED" not in copy.content
    assert "PARTSTAT=NEEDS-ACTION" in attendee_line(copy, colleague.address)
    assert len(await copies_of(office, agent)) == 1


async def test_meetings_of_a_calendar_that_went_are_called_off_once(
    office: Office, agent: Identity, colleague: Identity
) -> None:
    calendar = await made(office, agent)
    await office.put(agent, meeting(agent.address, [agent.address, colleague.address]), "m1.ics", "projets")
    await delivered(office)
    await delete_calendar(office.agenda, agent, calendar)
    await emptied(office)
    await empty_calendars(office.agenda)
    told = await delivered(office)
    assert (await copy_of(office, colleague)).is_off
    assert [each.type for each in told].count("scheduling_message_sent") == 1


async def test_one_that_cannot_be_emptied_lets_the_others_pass(
    office: Office, agent: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    agenda = office.agenda
    stuck = await filled(office, agent, 1, "bloque")
    await delete_calendar(agenda, agent, stuck)
    office.clock.pass_by(minutes=1)
    other = await filled(office, agent, 1)
    await delete_calendar(agenda, agent, other)
    monkeypatch.setattr(empty_calendars_module, "CALENDARS_AT_ONCE", 1)
    planned = empty_calendars_module.plan_removal

    async def refused(agenda: Any, reached: Any, *given: Any, **also: Any) -> Any:
        if reached.calendar.id == stuck:
            raise Conflict("Others change it all the time")
        return await planned(agenda, reached, *given, **also)

    monkeypatch.setattr(empty_calendars_module, "plan_removal", refused)
    office.clock.pass_by(minutes=1)
    assert [await empty_calendars(agenda) for _ in range(2)] == [0, 1]
    assert (await objects_of(office, stuck), await objects_of(office, other)) == (1, 0)
    monkeypatch.undo()
    await emptied(office)
    assert await objects_of(office, stuck) == 0
