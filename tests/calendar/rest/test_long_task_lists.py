"""Lists of many tasks: by pages that read some of them, in the order of due and urgency, each task once."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from chassis.errors import InvalidInput
from chassis.identity import Identity
from services.calendar.domain.stored import Stored
from services.calendar.domain.tasks import Due, State, listed
from services.calendar.usecases import list_tasks as lists
from services.calendar.usecases.list_calendars import list_calendars
from services.calendar.usecases.list_tasks import list_tasks
from services.calendar.usecases.move_object import move_object
from tests.calendar.office import Office

NEVER = Due()


def task(uid: str, due: datetime | None = None, *more: str) -> bytes:
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//gouv.tg//essai//FR", "BEGIN:VTODO", f"UID:{uid}",
        "DTSTAMP:20261101T080000Z", f"SUMMARY:{uid}", *([f"DUE:{due:%Y%m%dT%H%M%SZ}"] if due is not None else []),
        *more, "END:VTODO", "END:VCALENDAR", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


@pytest.fixture
async def many(office: Office, agent: Identity) -> list[Stored]:
    """Of all times, many at one time, many at none; some are done, some recur."""
    await list_calendars(office.agenda, agent)
    chance, now = random.Random(7), office.clock()
    kept = []
    for number in range(70):
        due = None if number % 5 == 0 else now + timedelta(days=chance.choice((-900, -40, -1, 0, 3, 3, 3, 200, 9000)))
        more = [f"PRIORITY:{chance.randint(0, 9)}"]
        if number % 7 == 0:
            more.append("STATUS:COMPLETED")
        if number % 23 == 1 and due is not None:
            more += [f"DTSTART:{due - timedelta(hours=1):%Y%m%dT%H%M%SZ}", "RRULE:FREQ=WEEKLY;COUNT=4"]
        kept.append((await office.put(agent, task(f"t{number}", due, *more), f"t{number}.ics")).stored)
    return kept


async def pages(office: Office, who: Identity, state: State, due: Due, size: int) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    token = ""
    for _ in range(100):
        page = await list_tasks(office.agenda, who, [], state, due, size, token)
        found += [(each.stored.key, each.recurrence or 0) for each in page.tasks]
        token = page.following
        if not token:
            return found
    raise AssertionError("it does not end")


@pytest.mark.parametrize("at_once", [2, 7, 300])
async def test_pages_are_what_a_list_of_all_would_be(
    office: Office, agent: Identity, many: list[Stored], monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(lists, "AT_ONCE", at_once)
    now = int(office.clock().timestamp())
    windows = (NEVER, Due(start=now), Due(end=now + 86400), Due(now - 50 * 86400, now + 10 * 86400))
    for state in State:
        for due in windows:
            whole = sorted(place for each in many for place in listed(each, state, due))
            expected = [(place.key, place.recurrence) for place in whole]
            assert await pages(office, agent, state, due, 9) == expected, (state, due)


async def test_a_page_reads_what_is_near_and_not_everything(
    office: Office, agent: Identity, many: list[Stored], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "AT_ONCE", 10)
    # More than this were refused, whatever was asked.
    monkeypatch.setattr(lists, "MAX_READ", 20)
    read: list[int] = []
    between = office.agenda.objects.tasks_between

    async def counted(*asked: object) -> list[Stored]:
        found = await between(*asked)  # type: ignore[arg-type]
        read.append(len(found))
        return found

    monkeypatch.setattr(office.agenda.objects, "tasks_between", counted)
    now = int(office.clock().timestamp())
    page = await list_tasks(office.agenda, agent, [], State.OPEN, Due(start=now - 86400), 5, "")
    assert len(page.tasks) == 5
    assert max(read) <= 11
    assert sum(read) < 60


async def test_what_no_shorter_time_divides_is_bounded(
    office: Office, agent: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    await list_calendars(office.agenda, agent)
    for number in range(6):
        await office.put(agent, task(f"t{number}"), f"t{number}.ics")
    monkeypatch.setattr(lists, "AT_ONCE", 2)
    assert len(await pages(office, agent, State.OPEN, NEVER, 2)) == 6
    monkeypatch.setattr(lists, "MAX_READ", 5)
    with pytest.raises(InvalidInput):
        await pages(office, agent, State.OPEN, NEVER, 2)


async def test_a_task_is_listed_as_it_is_now_and_where_it_is(office: Office, agent: Identity) -> None:
    await list_calendars(office.agenda, agent)
    home, due = f"{agent.account_id}.agenda", datetime(2026, 12, 4, tzinfo=UTC)
    await office.put(agent, task("t1", due), "t1.ics")
    await office.put(agent, task("t1", due, "STATUS:COMPLETED"), "t1.ics")
    assert await pages(office, agent, State.OPEN, NEVER, 5) == []
    assert len(await pages(office, agent, State.DONE, NEVER, 5)) == 1
    assert await move_object(office.agenda, agent, (home, "t1.ics"), (home, "t2.ics"), overwrite=False, copy=False)
    assert len(await pages(office, agent, State.DONE, NEVER, 5)) == 1
