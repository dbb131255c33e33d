"""Whoever may read a mailbox hears of what happens in it, and nobody else."""

import pytest

from chassis.documents import ensure_indexes
from chassis.people import INDEXES, People
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.flags import FlagAction
from services.mail.domain.sharing import Function
from services.mail.domain.uids import ALL
from services.mail.known_people import KnownPeople
from services.mail.usecases import copy, create_mailbox, delete_mailbox, expunge, move, rename_mailbox, store_flags
from services.mail.usecases.share_mailbox import share_mailbox
from tests.mail.house import House, letter

OWNER, READER, FINDER = "01JACCOUNT0000000000000001", "01JACCOUNT0000000000000002", "01JACCOUNT0000000000000003"
FUNCTION, HOLDER = "01JFUNCTION000000000000001", "01JACCOUNT0000000000000004"
NAMES = {"agent1@gouv.tg": OWNER, "agent2@gouv.tg": READER, "agent3@gouv.tg": FINDER}


@pytest.fixture(autouse=True)
async def shared(house: House) -> None:
    """INBOX and Archive are shared: one account reads INBOX, another one may only find both."""
    house.people.heard |= NAMES
    for name, address, rights in (("INBOX", "agent2", "lr"), ("INBOX", "agent3", "l"), ("Archive", "agent3", "l")):
        box = await house.box(OWNER, name)
        await share_mailbox(house.mail, OWNER, OWNER, box.id, f"{address}@gouv.tg", rights)


async def heard(house: House, kind: str) -> list[list[str]]:
    return [sorted(fact["audience"]) for fact in await house.facts(kind)]


async def test_readers_hear_of_letters_flags_and_what_is_gone(house: House) -> None:
    await house.deliver(letter("Note"), OWNER)
    assert await heard(house, "message_received") == [[OWNER, READER]]
    inbox = await house.box(OWNER)
    await store_flags(house.mail, OWNER, inbox.id, ALL, FlagAction.ADD, ["\\Seen"])
    assert [who for who, _ in house.nudges] == [OWNER, READER]
    await copy(house.mail, OWNER, inbox.id, ALL, inbox.id)
    assert await heard(house, "message_copied") == [[OWNER, READER]]
    await expunge(house.mail, OWNER, inbox.id, [(2, 2)], only_deleted=False)
    assert await heard(house, "message_deleted") == [[OWNER, READER]]


async def test_who_reads_one_of_two_mailboxes_hears_nothing_of_the_other(house: House) -> None:
    await house.deliver(letter("Note"), OWNER)
    inbox, archive = await house.box(OWNER), await house.box(OWNER, "Archive")
    await move(house.mail, OWNER, inbox.id, ALL, archive.id)
    assert await heard(house, "message_moved") == [[OWNER]]
    ((who, change),) = house.nudges
    assert (who, change.mailbox_id, change.modseq) == (READER, inbox.id, (await house.box(OWNER)).modseq)


async def test_who_may_find_a_mailbox_hears_that_it_is_renamed_or_gone(house: House) -> None:
    box = await create_mailbox(house.mail, OWNER, "INBOX/Projet")
    box = await rename_mailbox(house.mail, OWNER, box.id, "INBOX/Dossier")
    await delete_mailbox(house.mail, OWNER, box.id)
    told = [each for each in await heard(house, "mailbox_changed") if len(each) > 1]
    assert told == [[OWNER, READER, FINDER]] * 3


async def test_nothing_is_heard_of_who_is_suspended(house: House) -> None:
    house.people.suspended.add(OWNER)
    await house.deliver(letter("Note"), OWNER)
    assert await heard(house, "message_received") == [[OWNER]]


async def test_holders_of_a_function_hear_what_comes_for_it(house: House) -> None:
    house.people.stands[FUNCTION] = Whereabouts("courrier@gouv.tg", of_function=True, holders=(HOLDER,))
    await house.mail.store.functions.told(Function(FUNCTION, "courrier@gouv.tg", (HOLDER,), True, 1))
    inbox = await house.box(FUNCTION)
    await share_mailbox(house.mail, HOLDER, FUNCTION, inbox.id, "agent2@gouv.tg", "lr")
    await house.deliver(letter("Demande"), FUNCTION)
    assert await heard(house, "message_received") == [sorted([FUNCTION, HOLDER, READER])]


async def test_where_a_function_stands_is_known_from_directory(house: House) -> None:
    await ensure_indexes(house.database, INDEXES)
    functions = house.mail.store.functions
    await functions.told(Function(FUNCTION, "courrier@gouv.tg", (HOLDER,), True, 1))
    known = KnownPeople(People(house.database), functions, house.mail.store.groups)
    expected = Whereabouts("courrier@gouv.tg", of_function=True, holders=(HOLDER,))
    assert await known.whereabouts(FUNCTION) == expected
    # Kept for some seconds: nobody is asked for each letter.
    await functions.told(Function(FUNCTION, "courrier@gouv.tg", (READER,), True, 2))
    assert await known.whereabouts(FUNCTION) == expected
