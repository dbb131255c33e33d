"""Whose letters to a list wait for a moderator, and who that may be."""

from functools import partial
from typing import Any

import pytest
from workspace.directory.v1.events_pb2 import GroupRuleFact

from chassis.errors import Conflict, Forbidden, InvalidInput, NotFound, TooManyRequests
from services.mail.domain.sharing import Capacity, Delegation, Function
from services.mail.usecases import resume_submissions, send
from services.mail.usecases.follow_function import follow_function
from services.mail.usecases.list_members import MOST_WAITING
from services.mail.usecases.moderate import accept, discard, find_moderated, list_moderated, reject
from tests.mail.house import House, chunked, letter
from tests.mail.usecases.moderated_list import MODERATOR, acting, give, moderated_list, subjects, waits
from tests.mail.usecases.test_lists import ADDRESS, LIST, MINISTRY, Land, account, sender


class Killed(BaseException):
    """The process is no more."""


@pytest.fixture
async def land(house: House) -> Land:
    return await moderated_list(house)


@pytest.mark.parametrize(
    ("moderated", "may"),
    [("nobody", set()), ("members", {1, 4}), ("unit", {1, 2}), ("platform", {1, 2, 3, 4})],
)
async def test_whose_letters_wait_and_whose_do_not(land: Land, moderated: str, may: set[int]) -> None:
    await give(land, moderated, MODERATOR, "agent3@numerique.gouv.tg")
    waiting = set()
    for number in (1, 2, 3, 4):
        try:
            await land.write(number)
            waiting.add(number)
        except Forbidden:
            assert await land.accepted(account(number)) == 0
    assert waiting == may
    assert len(set(await waits(land, 2)) | set(await waits(land, 3))) == len(may)
    await land.write(5, "Libre")
    await land.expand()
    assert await subjects(land, 1) == await subjects(land, 4) == ["Libre"]


async def test_who_may_write_freely_no_more_by_the_time_waits(land: Land) -> None:
    """The letter was accepted, and is delivered by the next worker."""
    await land.hear(version=2, address=ADDRESS, account_ids=[account(1)], writers="platform", unit_id=MINISTRY)
    with pytest.MonkeyPatch.context() as patched:

        async def killed(*_given: Any, **_also: Any) -> None:
            raise Killed

        patched.setattr(land.mail.store.list_letters, "insert", killed)
        with pytest.raises(Killed):
            await land.write(3)
    await land.hear(version=3, address=ADDRESS, account_ids=[account(1)], writers="members", unit_id=MINISTRY)
    await give(land, "nobody", MODERATOR)
    land.house.clock.advance(hours=1)
    await resume_submissions(land.mail)
    await land.expand()
    assert await land.received(1) == []
    assert len(await waits(land)) == 1


async def test_nobody_moderates_letters_of_their_own(land: Land) -> None:
    await give(land, "platform", MODERATOR, "agent4@numerique.gouv.tg")
    await land.write(2)
    # Nor those that somebody else writes in their name.
    await land.mail.store.delegations.put(Delegation(account(2), account(3), Capacity.AS), [])
    await send(land.mail, sender(3), chunked(letter("Au nom de 2", From=MODERATOR, To=ADDRESS)))
    assert await waits(land, 2) == []
    own = await waits(land, 4)
    assert len(own) == 2
    for letter_id in own:
        for act in (
            partial(find_moderated, land.mail, account(2), letter_id),
            partial(accept, land.mail, acting(2), letter_id),
            partial(reject, land.mail, acting(2), letter_id, "Non"),
            partial(discard, land.mail, acting(2), letter_id),
        ):
            with pytest.raises(Forbidden):
                await act()
        await accept(land.mail, acting(4), letter_id)


async def test_who_holds_a_function_moderates_as_long_as_they_hold_it(land: Land) -> None:
    await follow_function(land.mail, Function("01JOFFICER", "presse@numerique.gouv.tg", (account(3),), False, 1))
    await give(land, "platform", "presse@numerique.gouv.tg")
    await land.write(1)
    (letter_id,) = await waits(land, 3)
    await follow_function(land.mail, Function("01JOFFICER", "presse@numerique.gouv.tg", (account(4),), False, 2))
    for number in (2, 3):
        assert await waits(land, number) == []
        with pytest.raises(NotFound):
            await accept(land.mail, acting(number), letter_id)
    await accept(land.mail, acting(4), letter_id)


async def test_moderators_are_named_where_letters_wait_and_are_ours(land: Land) -> None:
    for by in ([], ["personne@numerique.gouv.tg"], ["x"], [f"a{number}@gouv.tg" for number in range(21)]):
        with pytest.raises(InvalidInput):
            await give(land, "members", *by)
    with pytest.raises(InvalidInput):
        await give(land, "anyone", MODERATOR)
    for outside, by in (("anyone", [MODERATOR]), ("open", []), ("moderated", [])):
        with pytest.raises(InvalidInput):
            await give(land, "nobody", *by, outside=outside)
    await land.write(3)
    with pytest.raises(Conflict):
        await give(land, "nobody")
    await discard(land.mail, acting(2), (await waits(land))[0])
    await give(land, "nobody")


async def test_so_many_of_one_sender_wait_and_no_more(land: Land) -> None:
    await land.write(3)
    (template,) = await land.house.database["moderated"].find({"author": account(3)}).to_list(1)
    copies = [{**template, "_id": f"{LIST}.copy{number}"} for number in range(MOST_WAITING - 1)]
    await land.house.database["moderated"].insert_many(copies)
    with pytest.raises(TooManyRequests):
        await land.write(3, "De trop")
    await land.write(4)


async def test_to_everybody_nobody_writes_by_way_of_a_moderator(land: Land) -> None:
    await land.write(3)
    (letter_id,) = await waits(land)
    rule = GroupRuleFact(everybody=True)
    await land.hear(version=2, address=ADDRESS, rule=rule, writers="named", writer_ids=[account(1)])
    with pytest.raises(InvalidInput):
        await give(land, "platform", MODERATOR)
    with pytest.raises(InvalidInput):
        await give(land, "nobody", MODERATOR, outside="moderated")
    # What was said before the group was everybody's counts no more.
    with pytest.raises(Forbidden):
        await land.write(3)
    with pytest.raises(Conflict):
        await accept(land.mail, acting(2), letter_id)
    assert await waits(land) == [letter_id]


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ({"List_Id": "<budget.numerique.gouv.tg>"}, None),
        ({"Auto_Submitted": "auto-replied"}, None),
        ({"Auto_Submitted": "auto-generated"}, "automatic"),
    ],
)
async def test_lists_take_no_letters_of_their_own_and_of_machines_what_a_moderator_accepts(
    land: Land, field: dict[str, str], why: str | None
) -> None:
    async def write() -> None:
        await send(land.mail, sender(5), chunked(letter(From="agent5@numerique.gouv.tg", To=ADDRESS, **field)))

    if why is None:
        with pytest.raises(Forbidden):
            await write()
    else:
        await write()
        (waiting,) = await list_moderated(land.mail, account(2), "", 50)
        assert waiting.why.value == why
        await discard(land.mail, acting(2), waiting.id)
    await give(land, "nobody")
    with pytest.raises(Forbidden):
        await write()
    await land.expand()
    assert await land.received(1) == []
