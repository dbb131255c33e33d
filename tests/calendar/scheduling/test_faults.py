"""Messages told twice, in any order, to a worker that dies anywhere: nobody is invited twice, and nothing is lost."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from workspace.calendar.v1.events_pb2 import SchedulingMessageSent

from chassis.errors import PreconditionFailed
from chassis.events import Envelope, fact_as
from chassis.identity import Identity
from services.calendar.domain.stored import Stored
from services.calendar.usecases.delete_object import delete_object
from services.calendar.usecases.keep_object import keep
from services.calendar.usecases.scheduling.incoming import forget_messages
from services.calendar.usecases.scheduling.invitations import Answer, answer_invitation
from services.calendar.usecases.scheduling.proposals import decline_proposal, list_proposals
from tests.calendar.office import Office
from tests.calendar.scheduling.post import (
    SENT,
    answer,
    attendee_line,
    copies_of,
    copy_of,
    delivered,
    hear,
    inbox,
    meeting,
    messages,
    with_participation,
)


class Killed(Exception):
    """The process is no more."""


class Dying:
    """A store of a process that ends with one of its writes: before it, or right after."""

    def __init__(self, store: Any, left: list[int]) -> None:
        self.store, self._left = store, left

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.store, name)
        if name not in ("put", "note", "bury", "count", "advance"):
            return found

        async def once(*args: Any, **said: Any) -> Any:
            self._step()
            answer = await found(*args, **said)
            self._step()
            return answer

        return once

    def _step(self) -> None:
        self._left[0] -= 1
        if self._left[0] == 0:
            raise Killed


def full_for(owner: str) -> Any:
    """No calendar of somebody takes anything more."""

    async def keep_or_not(agenda: Any, calendar: Any, *said: Any) -> Any:
        if calendar.owner == owner:
            raise PreconditionFailed("The calendar is full")
        return await keep(agenda, calendar, *said)

    return keep_or_not


def dying(office: Office, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """The process dies at this step."""
    left = [at]
    for name in ("calendars", "objects", "scheduling"):
        store = getattr(office.agenda, name)
        store = store.store if isinstance(store, Dying) else store
        monkeypatch.setitem(office.agenda.__dict__, name, Dying(store, left))


async def told_while_dying(office: Office, monkeypatch: pytest.MonkeyPatch, *envelopes: Envelope) -> int:
    """Each message is told until a turn ends; how often the process died."""
    deaths = 0
    for envelope in envelopes:
        for at in range(1, 30):
            dying(office, monkeypatch, at)
            try:
                await hear(office, envelope)
                break
            except Killed:
                deaths += 1
    monkeypatch.undo()
    return deaths


async def story(office: Office, agent: Identity, *others: Identity) -> list[Envelope]:
    """What an organiser tells of one series, in its order."""
    told: list[Envelope] = []
    everybody = [agent.address, *(each.address for each in others)]
    rule = "RRULE:FREQ=WEEKLY;COUNT=5"
    moved = {"start": "20261201T140000Z", "end": "20261201T150000Z"}
    steps = [
        meeting(agent.address, everybody, rule),
        meeting(agent.address, everybody, rule, summary="Budget 2027"),
        meeting(agent.address, everybody, rule, **moved),
        meeting(agent.address, everybody, rule, "EXDATE:20261208T140000Z", **moved),
    ]
    for content in steps:
        office.clock.pass_by(seconds=5)
        await office.put(agent, content, "m1.ics")
        told += await messages(office)
        await office.published()
    return told


def only_to(envelope: Envelope, who: Identity) -> Envelope:
    sent = fact_as(envelope, SchedulingMessageSent)
    kept = [each for each in sent.recipients if each.owner_id == who.account_id]
    del sent.recipients[:]
    sent.recipients.extend(kept)
    made = Envelope()
    made.CopyFrom(envelope)
    made.data.Pack(sent)
    return made


def state(stored: Stored) -> list[tuple[int, int, str]]:
    """When it takes place, and what it is then."""
    components = stored.facts.components
    return [
        (each.start, each.end, components[each.component].summary)
        for each in stored.facts.occurrences
        if components[each.component].status != "CANCELLED"
    ]


async def test_a_message_that_is_told_again_does_nothing(office: Office, agent: Identity, colleague: Identity) -> None:
    await office.put(agent, meeting(agent.address, [agent.address, colleague.address]), "m1.ics")
    (sent,) = await messages(office)
    await office.published()
    for _ in range(3):
        await hear(office, sent)
    (copy,) = await copies_of(office, colleague)
    assert len(await inbox(office, colleague)) == 1
    created = await office.facts("event_created")
    assert [each.subject for each in created] == [copy.key]


async def test_a_proposal_that_is_told_again_is_kept_once_and_does_not_come_back(
    office: Office, agent: Identity, colleague: Identity
) -> None:
    await office.put(agent, meeting(agent.address, [colleague.address]), "m1.ics")
    await delivered(office)
    start = datetime(2026, 12, 1, 15, tzinfo=UTC)
    copy = await copy_of(office, colleague)
    await answer_invitation(office.agenda, colleague, copy.key, Answer(start=start, end=start + timedelta(hours=1)))
    sent = await messages(office)
    await office.published()
    for _ in range(3):
        await hear(office, *sent)
    (proposal,) = await list_proposals(office.agenda, agent, "")
    told = await office.facts()
    await decline_proposal(office.agenda, agent, proposal.id, "")
    await office.published()
    await hear(office, *sent)
    assert await list_proposals(office.agenda, agent, "") == []
    assert await office.facts() == []
    assert len({each.id for each in told}) == len(told)


async def test_what_was_deleted_does_not_come_back(office: Office, agent: Identity, colleague: Identity) -> None:
    await office.put(agent, meeting(agent.address, [colleague.address]), "m1.ics")
    first = (await messages(office))[0]
    await delivered(office)
    copy = await copy_of(office, colleague)
    await delete_object(office.agenda, colleague, copy.calendar, copy.name)
    await hear(office, first)
    assert await copies_of(office, colleague) == []
    # Nor under another id, as when it is sent again.
    first.id = "another"
    await hear(office, first)
    assert await copies_of(office, colleague) == []


async def test_a_cancellation_ahead_of_its_invitation_is_not_undone_by_it(
    office: Office, agent: Identity, colleague: Identity
) -> None:
    await office.put(agent, meeting(agent.address, [colleague.address]), "m1.ics")
    (invitation,) = await messages(office)
    await office.published()
    office.clock.pass_by(seconds=1)
    await delete_object(office.agenda, agent, f"{agent.account_id}.agenda", "m1.ics")
    (cancellation,) = await messages(office)
    await hear(office, cancellation, invitation)
    assert await copies_of(office, colleague) == []


async def test_what_was_heard_long_ago_is_forgotten_but_not_what_is_to_be_told(
    office: Office, agent: Identity, colleague: Identity
) -> None:
    await office.put(agent, meeting(agent.address, [colleague.address]), "m1.ics")
    await delivered(office)
    await answer(office, colleague, "ACCEPTED")
    sent = await messages(office)
    await office.published()
    await hear(office, *sent)
    assert len(await office.facts("invitation_replied")) == 1
    office.clock.pass_by(days=181)
    await forget_messages(office.agenda)
    kept = await office.database["scheduling"].find({}).to_list(None)
    assert [each["owner"] for each in kept] == [agent.account_id]
    await office.published()
    await forget_messages(office.agenda)
    assert await office.database["scheduling"].find({}).to_list(None) == []


@pytest.mark.parametrize("seed", range(6))
async def test_any_order_and_any_number_end_the_same(
    office: Office, agent: Identity, colleague: Identity, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    third = await office.agent("agent3")
    told = await story(office, agent, colleague, third)
    await hear(office, *(only_to(each, colleague) for each in told))
    # The same, told to somebody else by a worker in trouble.
    shuffled = [only_to(each, third) for each in told * 2]
    random.Random(seed).shuffle(shuffled)
    await told_while_dying(office, monkeypatch, *shuffled)
    await delivered(office)
    assert state(await copy_of(office, third)) == state(await copy_of(office, colleague))
    assert len(state(await copy_of(office, third))) == 4


async def test_a_worker_that_dies_between_any_two_writes_invites_once(
    office: Office, agent: Identity, colleague: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.put(agent, meeting(agent.address, [agent.address, colleague.address]), "m1.ics")
    sent = await messages(office)
    await office.published()
    assert await told_while_dying(office, monkeypatch, *sent) > 6
    copy = await copy_of(office, colleague)
    assert len(await inbox(office, colleague)) == 1
    assert [each.type for each in await office.facts("event_created")] == ["event_created"]
    answer = with_participation(copy.content, colleague.address, "ACCEPTED")
    await office.put(colleague, answer, copy.name)
    sent = await messages(office)
    await office.published()
    assert await told_while_dying(office, monkeypatch, *sent) > 6
    assert "PARTSTAT=ACCEPTED" in attendee_line(await copy_of(office, agent), colleague.address)
    assert len(await office.facts("invitation_replied")) == 1


async def test_an_api_that_dies_while_it_writes_tells_nothing_and_keeps_nothing(
    office: Office, agent: Identity, colleague: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = meeting(agent.address, [agent.address, colleague.address])
    for at in range(1, 5):
        dying(office, monkeypatch, at)
        with pytest.raises(Killed):
            await office.put(agent, content, "m1.ics")
        monkeypatch.undo()
        assert await copies_of(office, agent) == []
        assert await office.facts(SENT) == []
    await office.put(agent, content, "m1.ics")
    assert len(await office.facts(SENT)) == 1


async def test_one_whose_turn_fails_keeps_it_from_nobody_else(
    office: Office, agent: Identity, colleague: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    third = await office.agent("agent3")
    await office.put(agent, meeting(agent.address, [colleague.address, third.address]), "m1.ics")
    sent = await messages(office)
    monkeypatch.setattr("services.calendar.usecases.scheduling.incoming.keep", full_for(colleague.account_id))
    await hear(office, *sent)
    monkeypatch.undo()
    assert await copies_of(office, colleague) == []
    assert await copies_of(office, third)
    mine = await copy_of(office, agent)
    assert "SCHEDULE-STATUS=5.1" in attendee_line(mine, colleague.address)
    assert "SCHEDULE-STATUS=1.2" in attendee_line(mine, third.address)
