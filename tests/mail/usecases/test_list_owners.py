"""Who writes to a list's owners reaches its moderators, or who administers it; the members get nothing of that."""

from dataclasses import replace
from datetime import timedelta

import pytest
from workspace.directory.v1.events_pb2 import AccountFact

from chassis.documents import ensure_indexes
from chassis.errors import NotFound
from chassis.people import INDEXES
from services.mail.domain.moderation import ListPolicy
from services.mail.smtp.reception import receiving
from services.mail.usecases import list_messages, send
from services.mail.usecases.release import release_due
from services.mail.usecases.resolve_recipient import resolve_recipient
from tests.mail.house import House, chunked, letter
from tests.mail.usecases.test_lists import ADDRESS, MINISTRY, OTHER, Land, account, sender
from tests.mail.usecases.test_lists import LIST as BUDGET

OWNERS = "budget+owner@numerique.gouv.tg"


@pytest.fixture
async def land(house: House) -> Land:
    """1 is a member, 2 and 3 may moderate, 4 administers the ministry."""
    await ensure_indexes(house.database, INDEXES)
    land = Land(house)
    await land.staff(1, 2, 3, path=(MINISTRY,))
    await land.staff(4, 5, path=(OTHER,))
    await land.hear(address=ADDRESS, account_ids=[account(1)], unit_id=MINISTRY)
    land.mail = replace(land.mail, postmaster="agent5@numerique.gouv.tg")
    return land


async def administers(land: Land, number: int, unit_id: str) -> None:
    await land.house.database["people"].update_one({"_id": account(number)}, {"$set": {"administers": [unit_id]}})


async def moderate(land: Land, *numbers: int, outside: str = "closed") -> None:
    named = tuple(account(number) for number in numbers)
    await land.mail.store.list_policies.put(ListPolicy(BUDGET, named, "nobody", (MINISTRY,), outside), [])
    land.mail.known.list_policies.clear()


async def owners(land: Land) -> list[str]:
    return sorted((await resolve_recipient(land.mail, OWNERS)).accounts)


async def test_moderators_answer_for_a_list_then_its_administrators_then_the_postmaster(land: Land) -> None:
    assert await owners(land) == [account(5)]
    await administers(land, 4, MINISTRY)
    assert await owners(land) == [account(4)]
    await moderate(land, 2, 3)
    assert await owners(land) == [account(2), account(3)]
    await land.hear(version=2, deleted=True)
    with pytest.raises(NotFound):
        await owners(land)


async def test_whoever_works_here_reaches_them_and_no_member_hears_of_it(land: Land) -> None:
    """Who may not write to the list may ask about it; once the letter was held too."""
    await moderate(land, 2, 3)
    for subject, later in (("Question", None), ("Plus tard", land.house.clock() + timedelta(hours=1))):
        source = letter(subject, From="agent4@numerique.gouv.tg", To=OWNERS)
        await send(land.mail, sender(4), chunked(source), release_at=later)
    await moderate(land, 3)
    land.house.clock.advance(hours=2)
    await release_due(land.mail, land.people)
    await land.expand()
    assert [[each.subject for each in await land.received(number)] for number in (1, 2, 3)] == [
        [],
        ["Question"],
        ["Plus tard", "Question"],
    ]


async def test_a_held_letter_to_owners_who_are_no_more_is_given_back(land: Land) -> None:
    await moderate(land, 2)
    source = letter("Question", From="agent4@numerique.gouv.tg", To=OWNERS)
    await send(land.mail, sender(4), chunked(source), release_at=land.house.clock() + timedelta(hours=1))
    await moderate(land)
    land.mail = replace(land.mail, postmaster="personne@numerique.gouv.tg")
    land.house.clock.advance(hours=2)
    await release_due(land.mail, land.people)
    drafts = await land.house.box(account(4), "Drafts")
    assert [each.subject for each in (await list_messages(land.mail, account(4), drafts.id, count=5)).messages] == [
        "Question"
    ]


async def test_a_held_letter_to_an_address_that_is_a_lists_by_now_goes_to_the_list(land: Land) -> None:
    source = letter("Note", From="agent1@numerique.gouv.tg", To="agent3@numerique.gouv.tg")
    await send(land.mail, sender(1), chunked(source), release_at=land.house.clock() + timedelta(hours=1))
    renamed = AccountFact(account_id=account(3), address="agent33@numerique.gouv.tg", unit_path=[MINISTRY])
    await land.people.told(renamed, 2, land.house.clock())
    await land.hear("01JNAMED", address="agent3@numerique.gouv.tg", account_ids=[account(1), account(2)])
    land.house.clock.advance(hours=2)
    await release_due(land.mail, land.people)
    await land.expand()
    assert [each.subject for each in await land.received(2)] == ["Note"]


async def test_from_outside_they_are_reached_where_the_list_is_open(land: Land) -> None:
    await moderate(land, 2)
    with pytest.raises(NotFound):
        await receiving(land.mail, OWNERS)
    await moderate(land, 2, outside="moderated")
    assert (await receiving(land.mail, OWNERS)).accounts == (account(2),)
    for other in ("budget+owners@numerique.gouv.tg", "budget+bounces@numerique.gouv.tg"):
        with pytest.raises(NotFound):
            await receiving(land.mail, other)
    # A detail of an account's own is the account's.
    assert (await receiving(land.mail, "agent1+owner@numerique.gouv.tg")).accounts == (account(1),)
