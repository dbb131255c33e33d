"""The mail of an account that is no more: gone whole, and nothing opens it again."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from workspace.directory.v1.events_pb2 import AccountFact

from chassis.blobs import BlobStore, Sweeper
from chassis.documents import ensure_indexes
from chassis.errors import NotFound
from chassis.people import INDEXES, People
from services.mail.domain.envelope import Result, Sender
from services.mail.usecases import named_blobs, provision, resume_submissions, send
from services.mail.usecases.erase_account import begin_erasure, erase_due
from services.mail.usecases.hand_over import hand_over_due, name_successor
from tests.mail.house import House, chunked, letter
from tests.mail.usecases.test_reclaim import kept

SUCCESSOR = "01JSUCCESSOR00000000000002"


async def left(house: House, owner: str) -> dict[str, int]:
    """How many documents name the account, by collection; what tells of it for good apart."""
    own = {"_id": {"$gt": f"{owner}.", "$lt": f"{owner}/"}}
    counts = {
        name: await house.database[name].count_documents(own)
        for name in ("messages", "pages", "tombstones", "submissions", "given")
    }
    living = len(await house.mail.store.mailboxes.of(owner))
    return {name: count for name, count in {**counts, "mailboxes": living}.items() if count}


async def test_all_of_it_goes_and_comes_no_more(house: House, owner: str) -> None:
    await house.fill(owner, 2)
    await house.fill(SUCCESSOR, 1)
    await send(house.mail, Sender(owner, "agent1@numerique.gouv.tg"), chunked(letter("Envoi", To="x@example.org")))
    await begin_erasure(house.mail, owner)
    assert await erase_due(house.mail) == 1
    assert await left(house, owner) == {}
    assert (await house.box(SUCCESSOR)).messages == 2
    # Whoever still believes in the account is told better.
    (outcome,) = await house.deliver(letter("Trop tard"), owner)
    assert (outcome.result, type(outcome.error)) == (Result.FAILED, NotFound)
    with pytest.raises(NotFound):
        await provision(house.mail, owner)
    assert await left(house, owner) == {}
    # Looked at again, found empty, and left alone.
    assert await erase_due(house.mail) == 0
    house.clock.advance(minutes=11)
    assert await erase_due(house.mail) == 1
    house.clock.advance(minutes=11)
    assert await erase_due(house.mail) == 0
    await begin_erasure(house.mail, owner)
    assert await erase_due(house.mail) == 1
    assert await house.mail.store.erasures.counted(owner) == (6, 5)


async def test_a_crash_in_the_middle_is_gone_on_from(house: House, owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.fill(owner, 2)
    await begin_erasure(house.mail, owner)
    buried, mailboxes = 0, house.mail.store.mailboxes

    async def dying(*given: Any, session: Any) -> None:
        nonlocal buried
        buried += 1
        if buried > 3:
            raise ConnectionResetError("the process dies here")
        await type(mailboxes).bury(mailboxes, *given, session=session)

    with monkeypatch.context() as dead:
        dead.setattr(mailboxes, "bury", dying)
        with pytest.raises(ConnectionResetError):
            await erase_due(house.mail)
    assert (await left(house, owner))["mailboxes"] == 3
    assert await erase_due(house.mail) == 0
    house.clock.advance(minutes=11)
    assert await erase_due(house.mail) == 1
    assert await left(house, owner) == {}
    assert await house.mail.store.erasures.counted(owner) == (6, 4)


async def test_a_letter_accepted_for_who_is_deleted_meanwhile_is_done_with(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.people.heard = {"parti@gouv.tg": owner}
    with monkeypatch.context() as dead:
        dead.setattr(house.mail.arrivals, "do", _dying)
        with pytest.raises(ConnectionResetError):
            await send(house.mail, Sender(SUCCESSOR, "agent2@gouv.tg"), chunked(_from_agent2()))
    await begin_erasure(house.mail, owner)
    await erase_due(house.mail)
    for due in (1, 0):
        house.clock.advance(minutes=3)
        assert await resume_submissions(house.mail) == due
    assert await left(house, owner) == {}


def _from_agent2() -> bytes:
    return letter("Envoi", From="agent2@gouv.tg", To="parti@gouv.tg")


async def _dying(*_given: object) -> None:
    raise ConnectionResetError("the process dies here")


async def test_what_a_successor_was_given_outlives_it_with_its_blobs(
    house: House, owner: str, reclaimable: tuple[BlobStore, Sweeper]
) -> None:
    blobs, sweeper = reclaimable
    await ensure_indexes(house.database, INDEXES)
    people = People(house.database)
    for account_id in (owner, SUCCESSOR):
        await people.told(AccountFact(account_id=account_id, address=f"{account_id.lower()}@gouv.tg"), 1, house.clock())
    given, ungiven = await house.content(letter("Une")), await house.content(letter("Deux"))
    await house.deliver(letter("Une"), owner)
    await name_successor(house.mail, owner, SUCCESSOR, 4)
    assert await hand_over_due(house.mail, people) == 1
    await house.deliver(letter("Deux"), owner)
    await begin_erasure(house.mail, owner)
    await erase_due(house.mail)
    # Neither what was asked before nor a fact that comes late gives anything of it any more.
    assert await hand_over_due(house.mail, people) == 0
    await name_successor(house.mail, owner, SUCCESSOR, 4)
    assert await hand_over_due(house.mail, people) == 0
    assert await house.database["handovers"].count_documents({"_id": owner}) == 0
    assert await named_blobs(house.mail, [given.blob, ungiven.blob]) == {given.blob}
    assert await sweeper.sweep(partial(named_blobs, house.mail), timedelta(seconds=-1)) == 1
    assert (await kept(blobs, given.blob), await kept(blobs, ungiven.blob)) == (True, False)


async def test_nothing_is_given_to_an_account_that_is_no_more(house: House, owner: str) -> None:
    people = People(house.database)
    await house.deliver(letter("Une"), owner)
    await begin_erasure(house.mail, SUCCESSOR)
    await erase_due(house.mail)
    await name_successor(house.mail, owner, SUCCESSOR, 4)
    assert await hand_over_due(house.mail, people) == 0
    assert await left(house, SUCCESSOR) == {}
    house.clock.advance(minutes=3)
    assert await house.database["handovers"].count_documents({"due": {"$gt": house.clock.moment.min}}) == 0
