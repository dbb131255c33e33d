"""Events found by words, and what changed in many calendars since a cursor."""

from datetime import UTC, datetime

import pytest

from chassis.errors import InvalidInput, NotFound
from chassis.identity import Identity
from services.calendar.domain.access import Grant, Role
from services.calendar.domain.instances import Window, window_given
from services.calendar.usecases import list_changes as changes_use_case
from services.calendar.usecases.create_calendar import Wanted, create_calendar
from services.calendar.usecases.delete_calendar import delete_calendar
from services.calendar.usecases.delete_object import delete_object
from services.calendar.usecases.list_changes import Changes, list_changes
from services.calendar.usecases.search_events import search_events
from tests.calendar.office import Office, event
from tests.calendar.rest.given import share

DECEMBER = window_given(datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


async def found(office: Office, who: Identity, query: str, *calendars: str, window: Window | None = None) -> list[str]:
    page = await search_events(office.agenda, who, query, calendars, window, 0, "")
    return [each.facts.summary for each in page.instances]


async def test_words_are_found_wherever_they_stand(office: Office, agent: Identity) -> None:
    await office.put(
        agent, event("u1", "20261201T090000Z", "20261201T100000Z", "Réunion budgétaire", "LOCATION:Kara"), "a.ics"
    )
    await office.put(
        agent, event("u2", "20261105T090000Z", "20261105T100000Z", "Point", "DESCRIPTION:Le budget de Kara"), "b.ics"
    )
    person = "ATTENDEE;CN=Chef de cabinet:mailto:cabinet@sante.gouv.tg"
    await office.put(agent, event("u3", "20261203T090000Z", "20261203T100000Z", "Visite", person), "c.ics")
    assert await found(office, agent, "KARA") == ["Réunion budgétaire", "Point"]
    assert await found(office, agent, "reunion kara") == ["Réunion budgétaire"]
    assert await found(office, agent, "cabinet") == ["Visite"]
    assert await found(office, agent, "kara", window=DECEMBER) == ["Réunion budgétaire"]
    assert await found(office, agent, "absent") == []


async def test_pages_give_each_once(office: Office, agent: Identity) -> None:
    for day in range(1, 8):
        await office.put(
            agent, event(f"u{day}", f"2026120{day}T090000Z", f"2026120{day}T100000Z", f"Point {day}"), f"{day}.ics"
        )
    seen: list[str] = []
    token = ""
    for _ in range(4):
        page = await search_events(office.agenda, agent, "point", (), None, 3, token)
        seen += [each.facts.summary for each in page.instances]
        token = page.following
        if not token:
            break
    assert (seen, token) == ([f"Point {day}" for day in range(7, 0, -1)], "")


async def test_nobody_finds_what_is_not_shared_or_private(
    office: Office, agent: Identity, colleague: Identity, home: str
) -> None:
    await office.put(agent, event("u1", summary="Budget"), "a.ics")
    await office.put(
        agent, event("u2", "20261201T090000Z", "20261201T100000Z", "Budget secret", "CLASS:PRIVATE"), "b.ics"
    )
    assert await found(office, colleague, "budget") == []
    with pytest.raises(NotFound):
        await found(office, colleague, "budget", home)
    await share(office, home, Grant(colleague.account_id, Role.FREE_BUSY))
    with pytest.raises(NotFound):
        await found(office, colleague, "budget", home)
    await share(office, home, Grant(colleague.account_id, Role.READ))
    assert await found(office, colleague, "budget") == ["Budget"]
    assert await found(office, colleague, "secret") == []
    assert sorted(await found(office, agent, "budget")) == ["Budget", "Budget secret"]


@pytest.mark.parametrize(
    ("query", "size", "token"),
    [
        ("", 0, ""), ("a", 0, ""), (" ".join(f"mot{each}" for each in range(11)), 0, ""), ("mot", 101, ""),
        ("mot", -1, ""), ("mot", 0, "?"), ("mot", 0, "bm9u"),
    ],
)  # fmt: skip
async def test_bad_questions_are_refused(office: Office, agent: Identity, query: str, size: int, token: str) -> None:
    with pytest.raises(InvalidInput):
        await search_events(office.agenda, agent, query, (), None, size, token)


async def since(office: Office, who: Identity, cursor: str, *calendars: str) -> Changes:
    return await list_changes(office.agenda, who, cursor, calendars)


async def test_one_cursor_tells_of_many_calendars(office: Office, agent: Identity, home: str) -> None:
    other = (await create_calendar(office.agenda, agent, "", Wanted("projets"))).calendar.id
    gone = await office.put(agent, event("u0"), "0.ics")
    first = await since(office, agent, "")
    assert (first.changes, first.anew) == ([], [])
    one = await office.put(agent, event("u1"), "1.ics")
    two = await office.put(agent, event("u2"), "2.ics", "projets")
    await delete_object(office.agenda, agent, home, "0.ics")
    then = await since(office, agent, first.cursor)
    assert {(each.calendar, each.key, bool(each.etag)) for each in then.changes} == {
        (home, one.stored.key, True), (other, two.stored.key, True), (home, gone.stored.key, False),
    }  # fmt: skip
    assert (await since(office, agent, then.cursor)).changes == []


async def test_calendars_come_and_go_with_their_sharing(
    office: Office, agent: Identity, colleague: Identity, home: str
) -> None:
    first = await since(office, colleague, "")
    await share(office, home, Grant(colleague.account_id, Role.READ))
    then = await since(office, colleague, first.cursor)
    assert (then.anew, then.gone) == ([home], [])
    await share(office, home)
    last = await since(office, colleague, then.cursor)
    assert (last.anew, last.gone) == ([], [home])


async def test_a_cursor_that_is_full_keeps_what_it_knows(
    office: Office, agent: Identity, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await create_calendar(office.agenda, agent, "", Wanted("projets"))
    monkeypatch.setattr(changes_use_case, "MAX_CALENDARS", 2)
    first = await since(office, agent, "")
    await create_calendar(office.agenda, agent, "", Wanted("absences"))
    kept = await office.put(agent, event("p"), "p.ics", "projets")
    then = await since(office, agent, first.cursor)
    assert ([each.key for each in then.changes], then.anew, then.gone) == ([kept.stored.key], [], [])


async def test_what_is_too_much_for_an_answer_follows(
    office: Office, agent: Identity, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await create_calendar(office.agenda, agent, "", Wanted("projets"))
    cursor = (await since(office, agent, "")).cursor
    keys = {(await office.put(agent, event(f"u{each}"), f"{each}.ics")).stored.key for each in range(3)}
    keys |= {(await office.put(agent, event("p"), "p.ics", "projets")).stored.key}
    monkeypatch.setattr(changes_use_case, "AT_ONCE", 2)
    told: list[str] = []
    for _ in range(5):
        page = await since(office, agent, cursor)
        told += [each.key for each in page.changes]
        cursor = page.cursor
        if not page.more:
            break
    assert (sorted(told), page.more) == (sorted(keys), False)


@pytest.mark.parametrize("cursor", ["?", "bm9uc2Vucw==", "eJyLNowFAAHTAOo=", "eJyrVkpUsjKsBQAIKgIJ"])
async def test_what_is_no_cursor_is_refused(office: Office, agent: Identity, cursor: str) -> None:
    with pytest.raises(InvalidInput):
        await since(office, agent, cursor)


async def test_a_calendar_whose_changes_are_not_known_begins_anew(
    office: Office, agent: Identity, colleague: Identity, home: str
) -> None:
    await create_calendar(office.agenda, agent, "", Wanted("projets"))
    cursor = (await since(office, agent, "")).cursor
    await delete_calendar(office.agenda, agent, f"{agent.account_id}.projets")
    again = (await create_calendar(office.agenda, agent, "", Wanted("projets"))).calendar.id
    assert (await since(office, agent, cursor)).anew == [again]
    # Somebody else's cursor shows nothing.
    theirs = await since(office, colleague, cursor)
    assert (theirs.changes, home in theirs.gone) == ([], True)
