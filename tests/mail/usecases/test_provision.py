"""An account's first mailboxes."""

import asyncio

import pytest

from chassis.errors import Forbidden, InvalidInput, NotFound, Unavailable
from services.mail.domain.mailbox import SpecialUse
from services.mail.usecases import create_mailbox, delete_mailbox, find_mailbox, list_mailboxes, provision
from services.mail.usecases.resolve_recipient import resolve_recipient
from tests.mail.house import House, letter

NAMES = ["INBOX", "Drafts", "Sent", "Archive", "Junk", "Trash"]


async def test_an_account_gets_its_mailboxes_with_their_uses(house: House, owner: str) -> None:
    await provision(house.mail, owner)
    boxes = await list_mailboxes(house.mail, owner)
    assert [box.name for box in boxes] == NAMES
    assert [box.special_use for box in boxes] == list(SpecialUse)
    assert len({box.uid_validity for box in boxes}) == 6
    assert len(await house.facts("mailbox_changed")) == 6


async def test_hearing_of_an_account_again_changes_nothing(house: House, owner: str) -> None:
    await provision(house.mail, owner)
    archive = await find_mailbox(house.mail, owner, "Archive")
    await delete_mailbox(house.mail, owner, archive.id)
    made = await create_mailbox(house.mail, owner, "Dossiers")
    await provision(house.mail, owner)
    names = [box.name for box in await list_mailboxes(house.mail, owner)]
    assert names == ["INBOX", "Drafts", "Sent", "Junk", "Trash", made.name]


async def test_ten_at_once_make_one_set(house: House, owner: str) -> None:
    await asyncio.gather(*(provision(house.mail, owner) for _ in range(10)))
    assert [box.name for box in await list_mailboxes(house.mail, owner)] == NAMES


async def test_the_first_need_makes_them(house: House) -> None:
    await house.deliver(letter(), "01JDELIVERED")
    assert [box.name for box in await list_mailboxes(house.mail, "01JDELIVERED")] == NAMES
    assert [box.name for box in await list_mailboxes(house.mail, "01JLISTED")] == NAMES
    assert (await find_mailbox(house.mail, "01JSELECTED", "inbox")).name == "INBOX"


async def test_a_known_recipient_is_not_asked_for(house: House) -> None:
    house.people.heard["agent1@numerique.gouv.tg"] = "01J1"
    house.people.away = Unavailable("directory is away")
    found = await resolve_recipient(house.mail, "Agent1@Numerique.gouv.tg")
    assert (found.account_id, house.people.asked) == ("01J1", [])


async def test_whom_mail_has_not_heard_of_is_asked_of_directory(house: House) -> None:
    house.people.known["agent9@sante.gouv.tg"] = "01J9"
    assert (await resolve_recipient(house.mail, "agent9@sante.gouv.tg")).account_id == "01J9"
    with pytest.raises(NotFound):
        await resolve_recipient(house.mail, "nobody@sante.gouv.tg")


async def test_not_knowing_is_told_apart_from_not_being_able_to_ask(house: House) -> None:
    house.people.away = Unavailable("directory is away")
    with pytest.raises(Unavailable):
        await resolve_recipient(house.mail, "nobody@sante.gouv.tg")


@pytest.mark.parametrize(
    "address", ["a%b@gouv.tg", "@x:a@gouv.tg", "a!b@gouv.tg", "a b@gouv.tg", "a\r@gouv.tg", "x", "@"]
)
async def test_what_is_no_address_is_refused(house: House, address: str) -> None:
    with pytest.raises(InvalidInput):
        await resolve_recipient(house.mail, address)
    assert house.people.asked == []


@pytest.mark.parametrize("address", ["a@example.org", "a@gouv.tg.example.org", "a@notgouv.tg"])
async def test_another_domain_is_not_ours(house: House, address: str) -> None:
    with pytest.raises(Forbidden):
        await resolve_recipient(house.mail, address)
