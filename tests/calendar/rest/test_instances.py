"""A window over many calendars: what takes place in it, as each viewer may see it."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis.errors import InvalidInput, NotFound
from chassis.identity import Identity
from services.calendar.api.instances import instance_message
from services.calendar.domain.access import Grant, Role
from services.calendar.domain.instances import Window, window_given
from services.calendar.usecases import list_instances as use_case
from services.calendar.usecases.create_calendar import Wanted, create_calendar
from services.calendar.usecases.list_calendars import list_calendars
from services.calendar.usecases.list_instances import Shown, list_instances
from services.calendar.usecases.owners import addresses_of
from tests.calendar.office import Office, event
from tests.calendar.rest.given import share

WEEK = Window(int(datetime(2026, 11, 30, tzinfo=UTC).timestamp()), int(datetime(2026, 12, 7, tzinfo=UTC).timestamp()))


def week_of(year: int, month: int, day: int) -> Window:
    start = datetime(year, month, day, tzinfo=UTC)
    return window_given(start, start + timedelta(days=7))


async def seen(office: Office, who: Identity, window: Window = WEEK, *calendars: str) -> Shown:
    return await list_instances(office.agenda, who, window, calendars)


def titles(shown: Shown) -> list[str]:
    return [each.facts.summary for each in shown.instances]


async def test_a_week_shows_what_takes_place_in_it_in_order(office: Office, agent: Identity) -> None:
    await office.put(agent, event("u1", "20261201T140000Z", "20261201T150000Z", "Après-midi"), "a.ics")
    await office.put(agent, event("u2", "20261201T090000Z", "20261201T100000Z", "Matin"), "b.ics")
    await office.put(agent, event("u3", "20261207T090000Z", "20261207T100000Z", "Semaine d'après"), "c.ics")
    await office.put(agent, event("u4", "20261101", "20261215", "Congé"), "d.ics")
    await office.put(
        agent, event("u5", "20261102T080000Z", "20261102T083000Z", "Point", "RRULE:FREQ=WEEKLY;BYDAY=MO,TH"), "e.ics"
    )
    assert titles(await seen(office, agent)) == ["Congé", "Point", "Matin", "Après-midi", "Point"]


async def test_a_message_says_when_on_the_clock_of_the_event(office: Office, agent: Identity, home: str) -> None:
    lines = (
        "ORGANIZER;CN=Chef:mailto:chef@numerique.gouv.tg",
        "ATTENDEE;PARTSTAT=TENTATIVE:mailto:agent1@numerique.gouv.tg",
        "ATTENDEE:mailto:agent2@numerique.gouv.tg", "LOCATION:Salle 4", "CONFERENCE:https://visio.gouv.tg/r/1",
        "CATEGORIES:Budget", "COLOR:teal", "RRULE:FREQ=DAILY;COUNT=2",
        "BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15M", "END:VALARM",
    )  # fmt: skip
    given = event("u1", "Europe/Paris:20261201T100000", "Europe/Paris:20261201T110000", "Budget", *lines)
    await office.put(agent, given)
    shown = await seen(office, agent)
    owners = await addresses_of(office.agenda, agent, [agent.account_id])
    message = instance_message(shown.instances[1], owners[agent.account_id])
    assert (message.local_start, message.local_end, message.time_zone) == (
        "2026-12-02T10:00:00", "2026-12-02T11:00:00", "Europe/Paris",
    )  # fmt: skip
    assert message.start.ToJsonString() == "2026-12-02T09:00:00Z"
    assert (message.recurrence_id, message.recurring, message.changed) == ("20261202T090000Z", True, False)
    assert (message.organizer.name, message.organized, message.participation, message.attendees) == (
        "Chef",
        False,
        4,
        2,
    )
    assert (message.location, message.conference_url) == ("Salle 4", "https://visio.gouv.tg/r/1")
    assert (message.color, list(message.categories), message.has_reminders) == ("teal", ["Budget"], True)
    assert message.event_id == shown.instances[0].stored.key


async def test_whole_days_are_dates_and_end_the_day_after(office: Office, agent: Identity) -> None:
    await office.put(agent, event("u1", "20261130", "20261202", "Séminaire", "RRULE:FREQ=YEARLY"))
    message = instance_message((await seen(office, agent)).instances[0], ())
    assert (message.all_day, message.local_start, message.local_end) == (True, "2026-11-30", "2026-12-02")
    assert (message.recurrence_id, message.time_zone) == ("20261130", "Africa/Lome")


async def test_calendars_of_others_are_seen_as_they_are_shared(
    office: Office, agent: Identity, colleague: Identity, stranger: Identity, home: str
) -> None:
    await office.put(agent, event("u1", summary="Ouvert"), "a.ics")
    await office.put(agent, event("u2", "20261201T090000Z", "20261201T100000Z", "Secret", "CLASS:PRIVATE"), "b.ics")
    await office.put(agent, event("u3", "20261202T090000Z", "20261202T100000Z", "Libre", "TRANSP:TRANSPARENT"), "c.ics")
    assert titles(await seen(office, colleague)) == []
    with pytest.raises(NotFound):
        await seen(office, colleague, WEEK, home)
    await share(office, home, Grant(colleague.account_id, Role.READ))
    read = await seen(office, colleague)
    assert titles(read) == ["Ouvert", "Occupé", "Libre"]
    assert [each.busy_only for each in read.instances] == [False, True, False]
    await share(office, home, Grant(colleague.account_id, Role.READ, sees_private=True))
    assert titles(await seen(office, colleague)) == ["Ouvert", "Secret", "Libre"]
    await share(office, home, Grant(colleague.account_id, Role.FREE_BUSY))
    busy = await seen(office, colleague, WEEK, home)
    assert titles(busy) == ["Occupé", "Occupé"]
    for each in busy.instances:
        message = instance_message(each, ())
        assert (message.event_id, message.uid, message.etag) == ("", "", "")
    with pytest.raises(NotFound):
        await seen(office, stranger, WEEK, home)


async def test_an_override_of_a_secret_is_one(office: Office, agent: Identity, colleague: Identity, home: str) -> None:
    series = event(
        "u1", "20261130T090000Z", "20261130T100000Z", "Secret", "CLASS:CONFIDENTIAL", "RRULE:FREQ=DAILY;COUNT=2",
        "END:VEVENT", "BEGIN:VEVENT", "UID:u1", "RECURRENCE-ID:20261201T090000Z", "DTSTART:20261201T120000Z",
        "SUMMARY:Secret déplacé",
    )  # fmt: skip
    await office.put(agent, series)
    await share(office, home, Grant(colleague.account_id, Role.WRITE))
    assert titles(await seen(office, colleague)) == ["Occupé", "Occupé"]


async def test_beyond_what_is_known_rules_are_expanded(office: Office, agent: Identity) -> None:
    await office.put(agent, event("u1"), "a.ics")
    await office.put(
        agent, event("u2", "20261130T090000Z", "20261130T100000Z", "Sans fin", "RRULE:FREQ=DAILY"), "b.ics"
    )
    far = await seen(office, agent, week_of(2046, 6, 4))
    assert (titles(far), far.incomplete) == (["Sans fin"] * 7, [])


async def test_what_is_too_much_is_said(
    office: Office, agent: Identity, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (use_case.MAX_INSTANCES, use_case.MAX_CALENDARS) == (5_000, 200)
    first = datetime(2026, 1, 1, tzinfo=UTC)
    assert window_given(first, first + timedelta(days=400)).end > window_given(first, first + timedelta(days=1)).end
    with pytest.raises(InvalidInput):
        window_given(first, first + timedelta(days=400, seconds=1))
    with pytest.raises(InvalidInput):
        window_given(datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
    monkeypatch.setattr(use_case, "MAX_INSTANCES", 10)
    hours = ",".join(map(str, range(24)))
    await office.put(
        agent, event("u1", "20261130T000000Z", "20261130T003000Z", "Dense", f"RRULE:FREQ=DAILY;BYHOUR={hours}")
    )
    with pytest.raises(InvalidInput) as refused:
        await seen(office, agent)
    assert "shorter window" in refused.value.fields["end"]
    with pytest.raises(InvalidInput):
        await seen(office, agent, WEEK, *(f"{home}{each}" for each in range(201)))
    with pytest.raises(NotFound):
        await seen(office, agent, WEEK, *(f"{home}{each}" for each in range(200)))


async def test_what_rules_give_beyond_the_work_of_an_answer_is_named(
    office: Office, agent: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(use_case, "STEPS", 3)
    kept = await office.put(agent, event("u1", "20261130T090000Z", "20261130T100000Z", "Sans fin", "RRULE:FREQ=DAILY"))
    far = await seen(office, agent, week_of(2046, 6, 4))
    assert far.incomplete == [kept.stored.key]


async def test_one_call_shows_own_calendars_and_shared_ones(
    office: Office, agent: Identity, colleague: Identity, home: str
) -> None:
    other = (await create_calendar(office.agenda, agent, "", Wanted("projets", said={"title": "Projets"}))).calendar.id
    theirs = (await list_calendars(office.agenda, colleague))[0].calendar.id
    await share(office, theirs, Grant(agent.unit_path[-1], Role.READ))
    await office.put(agent, event("u1", summary="Un"), "a.ics")
    await office.put(agent, event("u2", summary="Deux"), "b.ics", "projets")
    await office.put(colleague, event("u3", summary="Trois"), "c.ics")
    assert sorted(titles(await seen(office, agent))) == ["Deux", "Trois", "Un"]
    assert titles(await seen(office, agent, WEEK, other)) == ["Deux"]
