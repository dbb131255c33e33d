"""What is held in another's name leaves only if it may still be written so when its time has come."""

from datetime import timedelta

import pytest

from chassis.people import People
from services.mail.domain.sharing import Capacity, Delegation, Function
from services.mail.usecases import send
from services.mail.usecases.follow_function import follow_function
from services.mail.usecases.release import release_due
from tests.mail.house import House, chunked, letter
from tests.mail.usecases.test_hold import HERE, OWNER, SENDER, people, subjects

__all__ = ["people"]
MINISTER, HOST = "ministre@sante.gouv.tg", "01MINISTER"
COURRIER, FUNCTION = "courrier@sante.gouv.tg", "01JFUNCTION000000000000001"


async def held(house: House, name: str) -> None:
    source = letter("Note", From=name, To=HERE)
    await send(house.mail, SENDER, chunked(source), release_at=house.clock() + timedelta(days=1))
    house.clock.advance(days=1, seconds=1)


async def test_what_is_held_as_a_function_leaves_as_long_as_its_writer_holds_it(house: House, people: People) -> None:
    await follow_function(house.mail, Function(FUNCTION, COURRIER, (OWNER,), True, 1))
    await held(house, COURRIER)
    assert await release_due(house.mail, people) == 1
    assert await subjects(house, "01AGENT2") == await subjects(house, FUNCTION, "Sent") == ["Note"]
    assert await subjects(house, OWNER, "Sent") == []


@pytest.mark.parametrize("before", [Capacity.AS, Capacity.ON_BEHALF])
@pytest.mark.parametrize("after", [Capacity.AS, Capacity.ON_BEHALF, None])
async def test_what_is_held_in_a_name_comes_back_when_it_may_not_be_written_so_any_more(
    house: House, people: People, before: Capacity, after: Capacity | None
) -> None:
    house.people.heard[MINISTER] = HOST
    await house.mail.store.delegations.put(Delegation(HOST, OWNER, before), [])
    await held(house, MINISTER)
    await house.mail.store.delegations.end(HOST, OWNER, [])
    if after is not None:
        await house.mail.store.delegations.put(Delegation(HOST, OWNER, after), [])
    assert await release_due(house.mail, people) == 1
    leaves = after is not None and (before, after) != (Capacity.AS, Capacity.ON_BEHALF)
    assert await subjects(house, "01AGENT2") == (["Note"] if leaves else [])
    assert await subjects(house, OWNER, "Drafts") == ([] if leaves else ["Note"])
