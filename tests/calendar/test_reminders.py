"""Reminders: each once, on time, and late rather than never."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from chassis.errors import InvalidInput, NotFound
from chassis.identity import Grant as Granted
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.store.objects import SHARDS, shard_of
from services.calendar.usecases.create_calendar import Wanted
from services.calendar.usecases.delete_object import delete_object
from services.calendar.usecases.put_object import put_object
from services.calendar.usecases.remind import remind, remind_again
from services.calendar.usecases.reminders import (
    acknowledge_reminders,
    dismiss_reminder,
    list_reminders,
    snooze_reminder,
)
from services.calendar.usecases.roll_horizon import roll_horizon
from services.calendar.usecases.team_calendars import create_team_calendar
from services.calendar.usecases.wish import wish
from tests.calendar.office import Office, body_of, event

# The clock stands at 07:00 UTC.
QUARTER = ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15M", "DESCRIPTION:Rappel", "END:VALARM")
AT_EIGHT = ("u1", "20261130T081500Z", "20261130T090000Z", "Réunion")


@pytest.fixture(autouse=True)
async def _opened(home: str) -> None:
    """The agent's agenda is there."""


async def at(office: Office, hour: int, minute: int = 0, day: int = 30, month: int = 11) -> list[str]:
    """What is told when it is so late: the summaries."""
    office.clock.now = datetime(2026, month, day, hour, minute, tzinfo=office.clock.now.tzinfo)
    return await due(office)


async def due(office: Office) -> list[str]:
    """What is told now."""
    for shard in range(SHARDS):
        await remind(office.agenda, shard)
    await remind_again(office.agenda)
    told = await office.facts("reminder_due")
    await office.published()
    return [body_of(each)["summary"] for each in told]


async def test_a_reminder_is_told_once_when_it_is_due(office: Office, agent: Identity) -> None:
    await office.put(agent, event(*AT_EIGHT, *QUARTER))
    assert await at(office, 7, 59) == []
    assert await at(office, 8, 0) == ["Réunion"]
    assert await at(office, 8, 1) == []
    assert await at(office, 20) == []


async def test_each_instance_has_its_own(office: Office, agent: Identity) -> None:
    await office.put(agent, event(*AT_EIGHT, "RRULE:FREQ=DAILY;COUNT=3", *QUARTER))
    assert [await at(office, 8, 0, day) for day in (30,)] == [["Réunion"]]
    assert [await at(office, 8, 5, day, 12) for day in (1, 2, 3)] == [["Réunion"], ["Réunion"], []]


@pytest.mark.parametrize(("calendar", "told"), [("agenda", ["Réunion"]), ("team", [])])
async def test_what_recurs_for_years_reminds_those_whose_own_it_is(
    office: Office, agent: Identity, calendar: str, told: list[str]
) -> None:
    """Also when its instances were computed anew: nobody is a team, for whom a reminder could be."""
    endless = event(*AT_EIGHT, "RRULE:FREQ=DAILY", *QUARTER)
    if calendar == "team":
        chief = await office.agent("chief", grants=[Granted("administrator", "office")])
        made = await create_team_calendar(office.agenda, office.units, chief, "office", Wanted("equipe"), Role.WRITE)
        await put_object(office.agenda, agent, made.calendar.id, "e1.ics", endless)
    else:
        await office.put(agent, endless)
    office.clock.now = datetime(2028, 11, 1, tzinfo=office.clock.now.tzinfo)
    assert await roll_horizon(office.agenda) == 1
    office.clock.now = datetime(2028, 11, 30, 8, 1, tzinfo=office.clock.now.tzinfo)
    assert await due(office) == told


async def test_a_worker_that_was_away_tells_late(office: Office, agent: Identity) -> None:
    await office.put(agent, event(*AT_EIGHT, *QUARTER))
    assert await at(office, 20) == ["Réunion"]


async def test_what_is_a_day_late_is_of_no_use(office: Office, agent: Identity) -> None:
    await office.put(agent, event(*AT_EIGHT, "RRULE:FREQ=DAILY;COUNT=3", *QUARTER))
    assert await at(office, 8, 30, 2, 12) == ["Réunion"]


async def test_who_dies_between_two_writes_tells_nothing_twice(
    office: Office, agent: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.put(agent, event(*AT_EIGHT, *QUARTER))
    office.clock.now += timedelta(hours=1)

    async def dies(told: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as dying:
        dying.setattr(office.agenda.objects, "reminded", dies)
        with pytest.raises(RuntimeError):
            await remind(office.agenda, shard_of(agent.account_id))
    assert await at(office, 8, 2) == ["Réunion"]
    assert await at(office, 8, 3) == []


@pytest.mark.parametrize("change", ["moved", "deleted", "cancelled"])
async def test_what_is_off_or_moved_reminds_nobody_of_before(office: Office, agent: Identity, change: str) -> None:
    await office.put(agent, event(*AT_EIGHT, *QUARTER))
    assert await at(office, 8, 0) == ["Réunion"]
    if change == "moved":
        await office.put(agent, event("u1", "20261130T101500Z", "20261130T110000Z", "Réunion", *QUARTER))
    elif change == "deleted":
        await delete_object(office.agenda, agent, f"{agent.account_id}.agenda", "e1.ics")
    else:
        await office.put(
            agent, event("u1", "20261130T101500Z", "20261130T110000Z", "Réunion", "STATUS:CANCELLED", *QUARTER)
        )
    assert await list_reminders(office.agenda, agent, "phone") == []
    assert await at(office, 10, 0) == (["Réunion"] if change == "moved" else [])


async def test_a_device_is_given_each_once(office: Office, agent: Identity) -> None:
    await office.put(agent, event(*AT_EIGHT, *QUARTER))
    await at(office, 8, 0)
    (found,) = await list_reminders(office.agenda, agent, "phone")
    assert await list_reminders(office.agenda, agent, "phone") == [found]
    await acknowledge_reminders(office.agenda, agent, "phone", [found.id])
    assert await list_reminders(office.agenda, agent, "phone") == []
    assert len(await list_reminders(office.agenda, agent, "desk")) == 1


async def test_who_is_done_with_it_is_done_everywhere(office: Office, agent: Identity) -> None:
    await office.put(agent, event(*AT_EIGHT, *QUARTER))
    await at(office, 8, 0)
    (found,) = await list_reminders(office.agenda, agent, "")
    await dismiss_reminder(office.agenda, agent, found.id)
    assert await list_reminders(office.agenda, agent, "desk") == []
    stored = await office.agenda.objects.find(found.event)
    assert stored is not None
    assert b"ACKNOWLEDGED:20261130T080000Z" in stored.content
    assert await at(office, 8, 30) == []


async def test_what_a_program_acknowledged_is_done_everywhere(office: Office, agent: Identity) -> None:
    """RFC 9074 §6.1: as Thunderbird and Apple's programs write it."""
    await office.put(agent, event(*AT_EIGHT, *QUARTER))
    await at(office, 8, 0)
    assert len(await list_reminders(office.agenda, agent, "desk")) == 1
    await office.put(agent, event(*AT_EIGHT, *QUARTER[:-1], "ACKNOWLEDGED:20261130T080100Z", QUARTER[-1]))
    for device in ("phone", "desk"):
        assert await list_reminders(office.agenda, agent, device) == []
    assert await at(office, 8, 30) == []


async def test_who_is_done_with_it_undoes_no_change_of_the_event(
    office: Office, agent: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = await office.put(agent, event(*AT_EIGHT, *QUARTER))
    await at(office, 8, 1)
    (reminder,) = await list_reminders(office.agenda, agent, "")
    get, first = office.agenda.calendars.get, True

    async def meanwhile(*said: Any) -> Any:
        nonlocal first
        if first:
            first = False
            await office.put(agent, event(*AT_EIGHT[:3], "Réunion salle B", *QUARTER))
        return await get(*said)

    monkeypatch.setattr(office.agenda.calendars, "get", meanwhile)
    await dismiss_reminder(office.agenda, agent, reminder.id)
    after = await office.agenda.objects.find(kept.stored.key)
    assert after is not None
    assert after.facts.components[0].summary == "Réunion salle B"
    assert b"ACKNOWLEDGED:" in after.content


async def test_what_is_put_off_comes_again(office: Office, agent: Identity) -> None:
    await office.put(agent, event(*AT_EIGHT, *QUARTER))
    await at(office, 8, 0)
    (found,) = await list_reminders(office.agenda, agent, "phone")
    for device in ("phone", "desk"):
        await acknowledge_reminders(office.agenda, agent, device, [found.id])
    await snooze_reminder(office.agenda, agent, found.id, office.clock() + timedelta(minutes=10))
    assert await list_reminders(office.agenda, agent, "phone") == []
    assert await at(office, 8, 9) == []
    assert await at(office, 8, 10) == ["Réunion"]
    for device in ("phone", "desk"):
        assert [each.id for each in await list_reminders(office.agenda, agent, device)] == [found.id]
    for wrong in (timedelta(), timedelta(days=8)):
        with pytest.raises(InvalidInput):
            await snooze_reminder(office.agenda, agent, found.id, office.clock() + wrong)


async def test_nobody_reaches_anothers(office: Office, agent: Identity, colleague: Identity) -> None:
    await office.put(agent, event(*AT_EIGHT, *QUARTER))
    await at(office, 8, 0)
    (found,) = await list_reminders(office.agenda, agent, "")
    assert await list_reminders(office.agenda, colleague, "") == []
    with pytest.raises(NotFound):
        await dismiss_reminder(office.agenda, colleague, found.id)
    with pytest.raises(NotFound):
        await snooze_reminder(office.agenda, colleague, found.id, office.clock() + timedelta(hours=1))
    await acknowledge_reminders(office.agenda, colleague, "phone", [found.id])
    assert len(await list_reminders(office.agenda, agent, "phone")) == 1


@pytest.mark.parametrize("wished", [False, True])
async def test_alarms_of_one_moment_remind_once(office: Office, agent: Identity, wished: bool) -> None:
    """As programs write them that show and mail a reminder: an alarm each."""
    await wish(office.agenda, agent, {"reminders_by_mail": wished})
    mailed = tuple(line.replace("DISPLAY", "EMAIL") for line in QUARTER)
    await office.put(agent, event(*AT_EIGHT, *QUARTER, *mailed))
    office.clock.now += timedelta(hours=1)
    await remind(office.agenda, shard_of(agent.account_id))
    assert len(await office.facts("reminder_due")) == len(await office.facts("letter_requested")) == 1
    assert len(await list_reminders(office.agenda, agent, "phone")) == 1


@pytest.mark.parametrize("by", ["alarm", "wish"])
async def test_a_letter_comes_where_it_is_wished(office: Office, agent: Identity, by: str) -> None:
    alarm = tuple(line.replace("DISPLAY", "EMAIL") for line in QUARTER) if by == "alarm" else QUARTER
    if by == "wish":
        await wish(office.agenda, agent, {"reminders_by_mail": True})
    await office.put(agent, event(*AT_EIGHT, "LOCATION:Salle A\\nX-EVIL:1", *alarm))
    office.clock.now += timedelta(hours=1)
    await remind(office.agenda, shard_of(agent.account_id))
    (letter,) = await office.facts("letter_requested")
    said = body_of(letter)
    assert said["account_id"] == agent.account_id
    assert said["subject"] == "Rappel / Reminder : Réunion"
    assert "lundi 30 novembre 2026, de 8 h 15 à 9 h 00" in said["paragraphs"][1]
    assert "Où : Salle A X-EVIL:1" in said["paragraphs"][1]
    assert "Monday 30 November 2026, 08:15 to 09:00" in said["paragraphs"][3]
