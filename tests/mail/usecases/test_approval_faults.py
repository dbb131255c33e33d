"""Letters that wait for approval, when a process dies or several act at once: nothing is lost or doubled."""

import asyncio
from functools import partial
from typing import Any

import pytest

from chassis.errors import Conflict, NotFound
from chassis.people import People
from services.mail.usecases import resume_submissions
from services.mail.usecases.approve import approve, refuse
from services.mail.usecases.await_approval import expire_awaiting
from services.mail.usecases.hold import cancel_held, list_held
from services.mail.usecases.release import release_due
from tests.mail.house import House
from tests.mail.usecases.approving import (
    ACCOUNTS,
    BOSS,
    OWNER,
    RULE,
    SECOND,
    acting,
    give,
    prepared,
    subjects,
    told,
    write,
)


@pytest.fixture
async def people(house: House) -> People:
    return await prepared(house)


@pytest.mark.parametrize("act", ["approve", "refuse", "expire", "ask"])
async def test_a_crash_between_any_two_steps_loses_and_doubles_nothing(
    house: House, people: People, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    store = house.mail.store
    steps = {
        "ask": [(store.repeats, "note"), (store.awaiting, "insert"), (store.notices, "tell")],
        "approve": [(store.awaiting, "take"), (store.held, "insert"), (store.notices, "tell")],
        "refuse": [(store.awaiting, "take"), (store.repeats, "forget"), (store.notices, "tell")],
        "expire": [(store.awaiting, "take"), (store.repeats, "forget"), (store.notices, "tell")],
    }
    sent = await write(house) if act != "ask" else None

    async def once() -> None:
        if sent is None:
            await write(house)
        elif act == "expire":
            house.clock.advance(days=8)
            await expire_awaiting(house.mail)
        elif act == "approve":
            await approve(house.mail, acting(BOSS), sent.id, "")
        else:
            await refuse(house.mail, acting(BOSS), sent.id, "Non")

    async def killed(done: Any, *given: Any, **also: Any) -> None:
        await done(*given, **also)
        raise KeyboardInterrupt

    for place, name in steps[act]:
        with monkeypatch.context() as patched:
            patched.setattr(place, name, partial(killed, getattr(place, name)))
            with pytest.raises(KeyboardInterrupt):
                await once()
        assert len(await store.awaiting.of(OWNER)) == (act != "ask")
        assert await list_held(house.mail, OWNER) == await subjects(house, OWNER, "Drafts") == []
        assert await told(house, "approval_decided") == []
    await once()
    assert len(await told(house, "approval_requested")) == 1
    assert len(await told(house, "approval_decided")) == (act != "ask")
    await release_due(house.mail, people)
    await resume_submissions(house.mail)
    assert len(house.queued.entries) == len(await subjects(house, "01AGENT2")) == (act == "approve")
    assert len(await subjects(house, OWNER, "Drafts")) == (act in ("refuse", "expire"))


async def test_of_all_who_act_at_once_one_does(house: House, people: People) -> None:
    await give(house, "01MINISTRY", RULE, by=[ACCOUNTS[BOSS], ACCOUNTS[SECOND]])
    sent = [await write(house, f"[CONFIDENTIEL] {number}") for number in range(3)]
    for each in sent:
        outcomes = await asyncio.gather(
            approve(house.mail, acting(BOSS), each.id, ""),
            approve(house.mail, acting(SECOND), each.id, ""),
            refuse(house.mail, acting(SECOND), each.id, "Non"),
            cancel_held(house.mail, OWNER, each.id),
            return_exceptions=True,
        )
        failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        done = [number for number, outcome in enumerate(outcomes) if outcome not in failed]
        # What one has approved its sender may still take back.
        assert len(done) == 1 or done in ([0, 3], [1, 3])
        assert all(isinstance(outcome, Conflict | NotFound) for outcome in failed)
    await release_due(house.mail, people)
    went, back = await subjects(house, OWNER, "Sent"), await subjects(house, OWNER, "Drafts")
    assert sorted(went + back) == [f"[CONFIDENTIEL] {number}" for number in range(3)]
    assert len(house.queued.entries) == len(went)
