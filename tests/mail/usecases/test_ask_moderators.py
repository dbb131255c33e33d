"""How often moderators are asked of letters to their list: of what comes from outside seldom, and never too late."""

import asyncio
from typing import Any

import pytest
from workspace.events.v1.envelope_pb2 import Envelope
from workspace.mail.v1.events_pb2 import ModerationRequested

from services.mail.domain.envelope import Delivery
from services.mail.usecases import deliver
from services.mail.usecases.await_moderation import tend_moderated
from services.mail.usecases.moderate import discard
from services.mail.usecases.resolve_recipient import resolve_recipient
from tests.mail.house import House, letter
from tests.mail.usecases.moderated_list import MODERATOR, acting, give, moderated_list, told, waits
from tests.mail.usecases.test_lists import ADDRESS, LIST, Land, account


class Killed(BaseException):
    """The process is no more."""


@pytest.fixture
async def land(house: House) -> Land:
    land = await moderated_list(house)
    await give(land, "platform", MODERATOR, outside="moderated")
    return land


async def come(land: Land, *subjects: str) -> None:
    """From outside, a minute after each other."""
    for subject in subjects:
        land.house.clock.advance(minutes=1)
        content = await land.house.content(letter(subject))
        deliveries = [Delivery(await resolve_recipient(land.mail, ADDRESS))]
        await deliver(land.mail, sender=f"{subject}@example.org", content=content, deliveries=deliveries)


async def pass_by(land: Land, minutes: int) -> None:
    """As long as the worker looks every few minutes."""
    for _ in range(0, minutes, 5):
        land.house.clock.advance(minutes=5)
        await tend_moderated(land.mail)


async def asked(land: Land) -> list[str]:
    """The letters that moderators were asked of."""
    return [each["letter_id"] for each in await told(land, "moderation_requested")]


async def test_of_many_from_outside_moderators_are_asked_once_an_hour_and_of_the_last_too(land: Land) -> None:
    await come(land, "a", "b", "c")
    first, second, third = await waits(land)
    assert await asked(land) == [first]
    # Whoever decides on what they were asked of need not have seen what came after that.
    await discard(land.mail, acting(2), first)
    await pass_by(land, 55)
    assert await asked(land) == [first]
    await pass_by(land, 10)
    assert await asked(land) == [first, second]
    await come(land, "d")
    *_, fourth = await waits(land)
    await pass_by(land, 24 * 60)
    # The third came before they were asked of the second, and the fourth after that.
    assert await asked(land) == [first, second, fourth]
    await come(land, "e")
    *_, fifth = await waits(land)
    assert await asked(land) == [first, second, fourth, fifth]
    assert await waits(land) == [second, third, fourth, fifth]
    land.house.clock.advance(days=7)
    await tend_moderated(land.mail)
    assert await waits(land) == []


async def test_what_inside_writes_waits_for_no_turn_and_uses_none_up(land: Land) -> None:
    for number in (3, 4):
        await land.write(number)
    await come(land, "a")
    await land.write(3, "Encore")
    assert await asked(land) == await waits(land)
    assert len(await waits(land)) == 4


async def test_a_crash_while_they_are_asked_later_loses_and_doubles_nothing(
    land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    await come(land, "a", "b")
    first, second = await waits(land)
    land.house.clock.advance(hours=2)
    store = land.mail.store
    for place, name in ((store.moderated, "put_off"), (store.list_policies, "note_asked"), (store.notices, "tell")):
        with monkeypatch.context() as patched:
            step = getattr(place, name)

            async def killed(*given: Any, _step: Any = step, **also: Any) -> None:
                await _step(*given, **also)
                raise Killed

            patched.setattr(place, name, killed)
            with pytest.raises(Killed):
                await tend_moderated(land.mail)
        assert await asked(land) == [first]
    await asyncio.gather(*[tend_moderated(land.mail) for _ in range(3)])
    assert await asked(land) == [first, second]


async def test_they_are_told_that_others_may_wait_beside_what_comes_from_outside(land: Land) -> None:
    await come(land, "a")
    await land.write(3)
    for letter_id in await waits(land):
        await land.events.ask_moderators(ModerationRequested(list_id=LIST, letter_id=letter_id), Envelope())
    texts = [(await land.house.read(account(2), each.id)).decode() for each in await land.received(2)]
    assert sorted("workspace mail moderation list" in text for text in texts) == [False, True]
