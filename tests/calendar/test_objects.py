"""Objects of a calendar: put, read, moved, deleted, and told to cursors."""

from typing import Any

import pytest

from chassis.errors import AlreadyExists, Forbidden, InvalidInput, NotFound, PreconditionFailed
from chassis.identity import Identity
from services.calendar.domain.calendars import Precondition
from services.calendar.usecases.create_calendar import Wanted, create_calendar
from services.calendar.usecases.delete_calendar import delete_calendar
from services.calendar.usecases.delete_object import delete_object
from services.calendar.usecases.empty_calendars import empty_calendars
from services.calendar.usecases.forget_deletions import forget_deletions
from services.calendar.usecases.list_calendars import list_calendars
from services.calendar.usecases.list_object_changes import ObjectChanges, list_object_changes
from services.calendar.usecases.move_object import move_object
from services.calendar.usecases.read_objects import list_objects
from tests.calendar.office import Office, body_of, event


async def changes(office: Office, who: Identity, calendar: str, token: str = "", limit: int = 0) -> ObjectChanges:
    return await list_object_changes(office.agenda, who, calendar, token, limit)


async def test_the_first_question_makes_a_calendar_and_an_inbox(office: Office, agent: Identity) -> None:
    found = await list_calendars(office.agenda, agent)
    assert [(each.calendar.title, each.calendar.kind) for each in found] == [("Agenda", "own"), ("inbox", "inbox")]
    assert await list_calendars(office.agenda, agent) == found


async def test_an_object_is_kept_octet_for_octet(office: Office, agent: Identity, home: str) -> None:
    content = event("u1", "Africa/Lome:20261130T090000", "Africa/Lome:20261130T100000", "Réunion", "X-ODD;A=b:ünï")
    kept = await office.put(agent, content)
    assert (kept.created, kept.changed) == (True, False)
    assert await office.contents(agent, home) == {"e1.ics": content}
    again = await office.put(agent, content)
    assert (again.created, again.stored.etag, again.stored.modseq) == (False, kept.stored.etag, kept.stored.modseq)


async def test_preconditions_hold(office: Office, agent: Identity, home: str) -> None:
    kept = await office.put(agent, event(), precondition=Precondition(if_none_match=("*",)))
    with pytest.raises(PreconditionFailed):
        await office.put(agent, event(summary="Autre"), precondition=Precondition(if_none_match=("*",)))
    with pytest.raises(PreconditionFailed):
        await office.put(agent, event(summary="Autre"), precondition=Precondition(if_match=("other",)))
    await office.put(agent, event(summary="Autre"), precondition=Precondition(if_match=(kept.stored.etag,)))
    before = await office.state()
    with pytest.raises(PreconditionFailed):
        await delete_object(office.agenda, agent, home, "e1.ics", Precondition(if_match=(kept.stored.etag,)))
    with pytest.raises(PreconditionFailed):
        await office.put(agent, event(summary="Perdu"), precondition=Precondition(if_match=(kept.stored.etag,)))
    assert await office.state() == before
    assert await office.contents(agent, home) == {"e1.ics": event(summary="Autre")}


async def test_a_uid_is_in_a_calendar_once(office: Office, agent: Identity, home: str) -> None:
    await office.put(agent, event("u1"), "a.ics")
    with pytest.raises(AlreadyExists) as refused:
        await office.put(agent, event("u1", summary="Autre"), "b.ics")
    assert refused.value.fields == {"uid": "a.ics"}
    assert await office.contents(agent, home) == {"a.ics": event("u1")}


@pytest.mark.parametrize("name", ["", "..", "a/b", "x" * 201, "a\x00b", "e\u0301.ics"])
async def test_names_that_no_path_has_are_refused(office: Office, agent: Identity, home: str, name: str) -> None:
    before = await office.state()
    with pytest.raises(InvalidInput):
        await office.put(agent, event(), name)
    assert await office.state() == before


async def test_cursors_tell_what_changed_in_order(office: Office, agent: Identity, home: str) -> None:
    await office.put(agent, event("u1"), "a.ics")
    first = await changes(office, agent, home)
    await office.put(agent, event("u2"), "b.ics")
    await office.put(agent, event("u3"), "c.ics")
    await delete_object(office.agenda, agent, home, "a.ics")
    then = await changes(office, agent, home, first.sync_token)
    assert ([row.name for row in then.changed], then.removed, then.more) == (["b.ics", "c.ics"], ["a.ics"], False)
    page = await changes(office, agent, home, first.sync_token, 2)
    assert ([row.name for row in page.changed], page.removed, page.more) == (["b.ics", "c.ics"], [], True)
    rest = await changes(office, agent, home, page.sync_token, 2)
    assert (list(rest.changed), rest.removed, rest.more) == ([], ["a.ics"], False)
    assert rest.sync_token == then.sync_token
    with pytest.raises(PreconditionFailed):
        await changes(office, agent, home, "other-1")


async def test_what_was_forgotten_is_said_to_be_unknown(office: Office, agent: Identity, home: str) -> None:
    await office.put(agent, event())
    before = (await changes(office, agent, home)).sync_token
    await delete_object(office.agenda, agent, home, "e1.ics")
    await office.published()
    office.clock.pass_by(days=91)
    assert await forget_deletions(office.agenda) == 1
    with pytest.raises(PreconditionFailed):
        await changes(office, agent, home, before)
    now = await changes(office, agent, home)
    assert (list(now.changed), now.removed) == ([], [])


async def test_a_name_that_goes_again_while_old_deletions_are_forgotten_is_told(
    office: Office, agent: Identity, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Facts have gone out by then, so that nothing but the time holds the deletion."""
    await office.put(agent, event())
    await delete_object(office.agenda, agent, home, "e1.ics")
    await office.put(agent, event())
    office.clock.pass_by(days=91)
    token = (await changes(office, agent, home)).sync_token
    await office.published()
    forget_until = office.agenda.calendars.forget_until

    async def meanwhile(calendar: str, modseq: int) -> None:
        await delete_object(office.agenda, agent, home, "e1.ics")
        await office.published()
        await forget_until(calendar, modseq)

    monkeypatch.setattr(office.agenda.calendars, "forget_until", meanwhile)
    await forget_deletions(office.agenda)
    assert (await changes(office, agent, home, token)).removed == ["e1.ics"]


async def test_what_comes_again_under_its_name_is_no_deletion(office: Office, agent: Identity, home: str) -> None:
    await office.put(agent, event("u1"))
    token = (await changes(office, agent, home)).sync_token
    await delete_object(office.agenda, agent, home, "e1.ics")
    await office.put(agent, event("u2"))
    then = await changes(office, agent, home, token)
    assert ([row.uid for row in then.changed], then.removed) == (["u2"], [])


async def test_moving_is_told_to_both_calendars(office: Office, agent: Identity, home: str) -> None:
    other = (await create_calendar(office.agenda, agent, "", Wanted("projets"))).calendar.id
    await office.put(agent, event())
    tokens = [(await changes(office, agent, each)).sync_token for each in (home, other)]
    created = await move_object(office.agenda, agent, (home, "e1.ics"), (other, "f.ics"), overwrite=False, copy=False)
    assert created
    assert (await changes(office, agent, home, tokens[0])).removed == ["e1.ics"]
    assert [row.name for row in (await changes(office, agent, other, tokens[1])).changed] == ["f.ics"]
    with pytest.raises(NotFound):
        await move_object(office.agenda, agent, (home, "e1.ics"), (other, "g.ics"), overwrite=False, copy=False)


@pytest.mark.parametrize("copy", [True, False])
async def test_nothing_but_messages_comes_to_the_inbox(office: Office, agent: Identity, home: str, copy: bool) -> None:
    await office.put(agent, event())
    inbox = f"{agent.account_id}.inbox"
    for source, target in (((home, "e1.ics"), (inbox, "e1.ics")), ((inbox, "m.ics"), (home, "m.ics"))):
        with pytest.raises(Forbidden) as refused:
            await move_object(office.agenda, agent, source, target, overwrite=False, copy=copy)
        assert refused.value.fields == {"rule": "valid-scheduling-message"}
    assert (list(await office.contents(agent, home)), await office.contents(agent, inbox)) == (["e1.ics"], {})


async def test_each_change_is_told_once_with_its_place(office: Office, agent: Identity, home: str) -> None:
    await office.put(agent, event())
    await office.put(agent, event(summary="Autre"))
    await delete_object(office.agenda, agent, home, "e1.ics")
    told = await office.facts("event_created", "event_updated", "event_cancelled")
    assert [each.type for each in told] == ["event_created", "event_updated", "event_cancelled"]
    assert [body_of(each)["event"]["summary"] for each in told] == ["Réunion de service", "Autre", "Autre"]
    assert [each.version for each in told] == sorted(each.version for each in told)
    assert list(told[0].audience) == [agent.account_id]


async def test_a_deleted_calendar_tells_of_all_that_was_in_it(office: Office, agent: Identity, home: str) -> None:
    other = (await create_calendar(office.agenda, agent, "", Wanted("projets", said={"title": "Projets"}))).calendar
    await office.put(agent, event("u1"), "a.ics", "projets")
    await office.put(agent, event("u2"), "b.ics", "projets")
    await office.published()
    await delete_calendar(office.agenda, agent, other.id)
    assert await empty_calendars(office.agenda) == 1
    told = await office.facts()
    assert sorted(each.type for each in told) == ["calendar_changed", "event_cancelled", "event_cancelled"]
    with pytest.raises(NotFound):
        await list_objects(office.agenda, agent, other.id)
    again = (await create_calendar(office.agenda, agent, "", Wanted("projets"))).calendar
    assert again.epoch != other.epoch
    with pytest.raises(PreconditionFailed):
        await changes(office, agent, again.id, other.sync_token)


async def test_a_calendar_goes_while_a_client_deletes_what_is_in_it(
    office: Office, agent: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = (await create_calendar(office.agenda, agent, "", Wanted("projets"))).calendar.id
    for name in ("a", "b"):
        await office.put(agent, event(name), f"{name}.ics", "projets")
    changing, first = office.agenda.calendars.changing, True

    async def meanwhile(*said: Any, **more: Any) -> Any:
        nonlocal first
        if first:
            first = False
            await delete_object(office.agenda, agent, other, "a.ics")
        return await changing(*said, **more)

    monkeypatch.setattr(office.agenda.calendars, "changing", meanwhile)
    await delete_calendar(office.agenda, agent, other)
    assert other not in {each.calendar.id for each in await list_calendars(office.agenda, agent)}


async def test_the_first_calendar_stays(office: Office, agent: Identity, home: str) -> None:
    await office.put(agent, event())
    with pytest.raises(Forbidden):
        await delete_calendar(office.agenda, agent, home)
    assert await office.contents(agent, home) == {"e1.ics": event()}


async def test_nothing_of_others_is_there(
    office: Office, agent: Identity, colleague: Identity, stranger: Identity, home: str
) -> None:
    await office.put(agent, event())
    for other in (colleague, stranger):
        with pytest.raises(NotFound):
            await list_objects(office.agenda, other, home)
        with pytest.raises(NotFound):
            await changes(office, other, home)
        with pytest.raises(NotFound):
            await delete_object(office.agenda, other, home, "e1.ics")
        with pytest.raises(NotFound):
            await delete_calendar(office.agenda, other, home)
    assert await office.contents(agent, home) == {"e1.ics": event()}
