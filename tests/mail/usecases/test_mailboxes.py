"""Making, renaming and deleting mailboxes."""

import asyncio

import pytest

from chassis.errors import AlreadyExists, InvalidInput, NotFound, PreconditionFailed
from services.mail.domain.mailbox import SpecialUse
from services.mail.domain.uids import ALL
from services.mail.usecases import (
    append,
    create_mailbox,
    cursors,
    delete_mailbox,
    expunge,
    fetch_rows,
    get_mailbox,
    list_mailboxes,
    rename_mailbox,
    source_of,
    subscribe,
    view,
)
from tests.mail.house import House, letter


async def names(house: House, owner: str) -> list[str]:
    return [box.name for box in await list_mailboxes(house.mail, owner) if box.special_use is None]


async def test_the_missing_mailboxes_above_are_made(house: House, owner: str) -> None:
    made = await create_mailbox(house.mail, owner, "Dossiers/2026/Mars")
    assert made.name == "Dossiers/2026/Mars"
    assert await names(house, owner) == ["Dossiers", "Dossiers/2026", "Dossiers/2026/Mars"]
    with pytest.raises(AlreadyExists):
        await create_mailbox(house.mail, owner, "Dossiers")


async def test_a_use_belongs_to_one_mailbox(house: House, owner: str) -> None:
    with pytest.raises(AlreadyExists):
        await create_mailbox(house.mail, owner, "Envoyés", special_use=SpecialUse.SENT)


async def test_one_name_goes_to_one_of_those_who_make_it_at_once(house: House, owner: str) -> None:
    await list_mailboxes(house.mail, owner)
    made = await asyncio.gather(
        *(create_mailbox(house.mail, owner, "Dossiers") for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(one, AlreadyExists) for one in made) == 4
    assert await names(house, owner) == ["Dossiers"]


async def test_renaming_takes_all_below_along(house: House, owner: str) -> None:
    await create_mailbox(house.mail, owner, "A/B/C")
    await create_mailbox(house.mail, owner, "Ab")
    top = await house.box(owner, "A")
    renamed = await rename_mailbox(house.mail, owner, top.id, "Z/A")
    assert (renamed.id, renamed.name, renamed.uid_validity) == (top.id, "Z/A", top.uid_validity)
    assert await names(house, owner) == ["Ab", "Z", "Z/A", "Z/A/B", "Z/A/B/C"]
    with pytest.raises(AlreadyExists):
        await rename_mailbox(house.mail, owner, top.id, "Ab")
    with pytest.raises(InvalidInput):
        await rename_mailbox(house.mail, owner, top.id, "Z/A/B/D")


async def test_renaming_inbox_moves_its_messages_and_leaves_it(house: House, owner: str) -> None:
    (outcome,) = await house.deliver(letter(), owner)
    inbox = await house.box(owner)
    made = await rename_mailbox(house.mail, owner, inbox.id, "Anciens")
    assert (made.messages, (await house.box(owner)).messages) == (1, 0)
    assert await house.read(owner, outcome.message_id) == letter()


async def test_deleting_takes_the_messages_along(house: House, owner: str) -> None:
    box = await create_mailbox(house.mail, owner, "Dossiers")
    placed = await append(house.mail, owner, box.id, await house.content(letter()))
    await expunge(house.mail, owner, box.id, ALL, only_deleted=False)
    kept = await append(house.mail, owner, box.id, await house.content(letter()))
    await delete_mailbox(house.mail, owner, box.id)
    for message_id in (placed.message_id, kept.message_id):
        with pytest.raises(NotFound):
            await source_of(house.mail, owner, message_id)
    with pytest.raises(NotFound):
        await view(house.mail, owner, box.id)
    with pytest.raises(NotFound):
        await append(house.mail, owner, box.id, await house.content(letter()))
    assert await cursors(house.mail, [(owner, box.id)]) == {}


async def test_a_name_used_again_has_a_higher_uidvalidity(house: House, owner: str) -> None:
    first = await create_mailbox(house.mail, owner, "Dossiers")
    await delete_mailbox(house.mail, owner, first.id)
    second = await create_mailbox(house.mail, owner, "Dossiers")
    assert second.id != first.id
    assert second.uid_validity > first.uid_validity


async def test_inbox_and_mailboxes_with_others_below_stay(house: House, owner: str) -> None:
    await create_mailbox(house.mail, owner, "A/B")
    for name in ("INBOX", "A"):
        with pytest.raises(PreconditionFailed):
            await delete_mailbox(house.mail, owner, (await house.box(owner, name)).id)


async def test_another_owner_cannot_reach_a_mailbox(house: House, owner: str) -> None:
    box = await create_mailbox(house.mail, owner, "Dossiers")
    for attempt in (get_mailbox, view, delete_mailbox):
        with pytest.raises(NotFound):
            await attempt(house.mail, "01JOTHER", box.id)
    with pytest.raises(NotFound):
        await rename_mailbox(house.mail, "01JOTHER", box.id, "Mine")
    with pytest.raises(NotFound):
        async for _ in fetch_rows(house.mail, "01JOTHER", box.id, ALL):
            pass


async def test_subscribing(house: House, owner: str) -> None:
    box = await create_mailbox(house.mail, owner, "Dossiers")
    await subscribe(house.mail, owner, box.id, False)
    assert not (await get_mailbox(house.mail, owner, box.id)).subscribed
    with pytest.raises(NotFound):
        await subscribe(house.mail, owner, "01JNONE", True)


async def test_cursors_of_many_mailboxes_are_one_query(house: House, owner: str) -> None:
    boxes = await list_mailboxes(house.mail, owner)
    before = house.recorder.count
    found = await cursors(house.mail, [(owner, box.id) for box in boxes])
    assert found == {box.id: box.modseq for box in boxes}
    assert house.recorder.count - before == 1
