"""Filters of CalDAV over a calendar: by the index where it knows, by reading where it does not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.objects.filters import CompFilter, PropFilter, TextMatch, TimeRange
from services.calendar.domain.shape import Shape, shaped
from services.calendar.usecases.list_calendars import list_calendars
from services.calendar.usecases.query_objects import query_objects
from services.calendar.usecases.share_calendar import share_calendar
from tests.calendar.office import Office, event


def at(text: str) -> int:
    return int(datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=UTC).timestamp())


def within(start: str, end: str, name: str = "VEVENT", **said: Any) -> CompFilter:
    return CompFilter("VCALENDAR", comps=(CompFilter(name, time_range=TimeRange(at(start), at(end)), **said),))


WEEK = within("20261130T000000", "20261207T000000")


async def found(office: Office, who: Identity, wanted: CompFilter, **said: Any) -> list[str]:
    calendar = f"{said.pop('owner', who).account_id}.agenda"
    return sorted([each.name async for each in query_objects(office.agenda, who, calendar, wanted, **said)])


@pytest.fixture(autouse=True)
async def _filled(office: Office, agent: Identity) -> None:
    await list_calendars(office.agenda, agent)
    await office.put(agent, event("u1"), "this.ics")
    await office.put(agent, event("u2", "20261208T090000Z", "20261208T100000Z"), "next.ics")
    await office.put(
        agent, event("u3", "20200106T090000Z", "20200106T100000Z", "Point", "RRULE:FREQ=WEEKLY"), "each.ics"
    )
    await office.put(agent, event("u4", "20261204", "20261205", "Férié"), "day.ics")
    await office.put(agent, event("u5", "20251201T000000Z", "20271201T000000Z", "Mission"), "long.ics")
    await office.put(
        agent, event("u6", "20200106T090000Z", "20200106T100000Z", "Fini", "RRULE:FREQ=WEEKLY;COUNT=3"), "over.ics"
    )


async def test_a_week_has_what_touches_it(office: Office, agent: Identity) -> None:
    assert await found(office, agent, WEEK) == ["day.ics", "each.ics", "long.ics", "this.ics"]
    assert len(await found(office, agent, WEEK, limit=2)) == 2


async def test_a_far_week_has_what_goes_on_for_ever(office: Office, agent: Identity) -> None:
    assert await found(office, agent, within("20460101T000000", "20460108T000000")) == ["each.ics"]
    assert await found(office, agent, within("20200106T000000", "20200113T000000")) == ["each.ics", "over.ics"]


async def test_an_open_end_is_a_window_too(office: Office, agent: Identity) -> None:
    after = CompFilter("VCALENDAR", comps=(CompFilter("VEVENT", time_range=TimeRange(at("20261207T000000"), None)),))
    assert await found(office, agent, after) == ["each.ics", "long.ics", "next.ics"]


async def test_words_are_looked_for_in_what_a_window_finds(office: Office, agent: Identity) -> None:
    word = PropFilter("SUMMARY", text_match=TextMatch("réunion"))
    assert await found(office, agent, within("20261130T000000", "20261207T000000", props=(word,))) == ["this.ics"]


async def test_what_is_expanded_is_of_the_window(office: Office, agent: Identity) -> None:
    window = (at("20261130T000000"), at("20261207T000000"))
    calendar = f"{agent.account_id}.agenda"
    given = {
        each.name: shaped(each, Shape(expand=window), "Africa/Lome").content
        async for each in query_objects(office.agenda, agent, calendar, WEEK)
    }
    assert given["each.ics"].count(b"BEGIN:VEVENT") == 1
    assert b"RECURRENCE-ID:20261130T090000Z" in given["each.ics"]
    assert b"RRULE" not in given["each.ics"]


async def test_nobody_finds_secrets_by_guessing_words(office: Office, agent: Identity, colleague: Identity) -> None:
    await office.put(agent, event("s1", summary="Nomination"), "plain.ics")
    secret = event("s2", "20261130T140000Z", "20261130T150000Z", "Nomination", "CLASS:CONFIDENTIAL")
    await office.put(agent, secret, "secret.ics")
    await share_calendar(
        office.agenda, agent, f"{agent.account_id}.agenda", address=colleague.address, role=Role.READ,
        sees_private=False,
    )  # fmt: skip
    word = PropFilter("SUMMARY", text_match=TextMatch("Nomination"))
    wanted = within("20261130T000000", "20261207T000000", props=(word,))
    assert await found(office, agent, wanted) == ["plain.ics", "secret.ics"]
    assert await found(office, colleague, wanted, owner=agent) == ["plain.ics"]
    assert "secret.ics" in await found(office, colleague, WEEK, owner=agent)
