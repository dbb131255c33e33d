"""Mailboxes of functions: letters stay with the function, and whoever holds it works in them."""

import pytest
from workspace.directory.v1.events_pb2 import AccountFact

from chassis.documents import ensure_indexes
from chassis.errors import InvalidInput, NotFound
from chassis.people import INDEXES, People
from services.mail.domain.sharing import Function
from services.mail.known_people import KnownPeople
from services.mail.usecases.access import open_mailbox
from services.mail.usecases.follow_function import follow_function
from services.mail.usecases.share_mailbox import share_mailbox
from services.mail.usecases.shared_mailboxes import shared_mailboxes
from tests.mail.house import House, letter

COURRIER, ADDRESS = "01JFUNCTION000000000000001", "courrier@sante.gouv.tg"
FIRST, SECOND = "01JACCOUNT0000000000000001", "01JACCOUNT0000000000000002"


def courrier(version: int, *standing: str, own: bool = True, address: str = ADDRESS) -> Function:
    return Function(COURRIER, address, standing, own, version)


async def names(house: House, account: str) -> list[str]:
    return [each.box.name for each in await shared_mailboxes(house.mail, account)]


async def test_who_joins_sees_all_and_who_leaves_sees_nothing(house: House) -> None:
    await follow_function(house.mail, courrier(1, FIRST))
    await house.deliver(letter("Demande"), COURRIER)
    inbox = await house.box(COURRIER)
    assert (await open_mailbox(house.mail, FIRST, COURRIER, inbox.id, "r", "a")).messages == 1
    assert await names(house, FIRST) == [
        f"Fonctions/{ADDRESS}/{name}" for name in ("INBOX", "Drafts", "Sent", "Archive", "Junk", "Trash")
    ]
    assert await names(house, SECOND) == []
    await follow_function(house.mail, courrier(2, SECOND))
    assert (await open_mailbox(house.mail, SECOND, COURRIER, inbox.id, "r", "e")).messages == 1
    assert await names(house, FIRST) == []
    with pytest.raises(NotFound):
        await open_mailbox(house.mail, FIRST, COURRIER, inbox.id, "r")
    await follow_function(house.mail, courrier(1, FIRST))  # heard late, and again
    assert await names(house, FIRST) == []
    assert len(await names(house, SECOND)) == 6


async def test_a_function_keeps_its_letters_when_it_ends_or_is_to_have_no_mailbox(house: House) -> None:
    await follow_function(house.mail, courrier(1, FIRST))
    await follow_function(house.mail, courrier(2, FIRST, own=False))
    assert len(await names(house, FIRST)) == 6
    await follow_function(house.mail, courrier(3, address="", own=False))
    assert await names(house, FIRST) == []
    assert len(await house.mail.store.mailboxes.of(COURRIER)) == 6


async def test_a_function_without_a_mailbox_gets_none(house: House) -> None:
    await follow_function(house.mail, courrier(1, FIRST, own=False))
    assert await house.mail.store.mailboxes.of(COURRIER) == []


async def test_a_function_receives_itself_whoever_holds_it(house: House) -> None:
    await ensure_indexes(house.database, INDEXES)
    people = People(house.database)
    holder = AccountFact(account_id=FIRST, address="agent1@sante.gouv.tg", aliases=[ADDRESS], functions=[ADDRESS])
    await people.told(holder, 1, house.clock())
    known = KnownPeople(people, house.mail.store.functions, house.mail.store.groups)
    received = await known.by_address(ADDRESS)
    assert received is not None
    assert received.accounts == (FIRST,)
    for version, standing in ((1, (FIRST, SECOND)), (2, ())):
        await follow_function(house.mail, courrier(version, *standing))
        received = await KnownPeople(people, house.mail.store.functions, house.mail.store.groups).by_address(ADDRESS)
        assert received is not None
        assert received.accounts == (COURRIER,)
    assert await known.account_of(ADDRESS) is None
    assert await known.account_of("agent1@sante.gouv.tg") == FIRST
    assert await known.addresses([FIRST, SECOND]) == {FIRST: "agent1@sante.gouv.tg"}


async def test_nobody_keeps_by_a_grant_what_was_held(house: House) -> None:
    house.people.heard |= {"agent1@sante.gouv.tg": FIRST, "agent2@sante.gouv.tg": SECOND}
    await follow_function(house.mail, courrier(1, FIRST))
    inbox = await house.box(COURRIER)
    with pytest.raises(InvalidInput):
        await share_mailbox(house.mail, FIRST, COURRIER, inbox.id, "agent1@sante.gouv.tg", "lr")
    await share_mailbox(house.mail, FIRST, COURRIER, inbox.id, "agent2@sante.gouv.tg", "lr")
    assert await names(house, SECOND) == [f"Fonctions/{ADDRESS}/INBOX"]
    await follow_function(house.mail, courrier(2, SECOND))
    await follow_function(house.mail, courrier(3, FIRST))
    assert await names(house, SECOND) == []
