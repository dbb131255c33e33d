"""Conversations of an account, in whatever order and place their messages come."""

import asyncio

import pytest

from chassis.errors import NotFound
from services.mail.domain.message import Message
from services.mail.domain.uids import ALL
from services.mail.usecases import append, copy, get_message, list_messages, move, thread
from tests.mail.house import House, letter

OTHER = "01JACCOUNT0000000000000002"


def answer(own: str, *above: str, subject: str = "Re: Budget", field: str = "References") -> bytes:
    return letter(
        subject, Message_ID=f"<{own}@x>", **{field.replace("-", "_"): " ".join(f"<{each}@x>" for each in above)}
    )


async def come(house: House, owner: str, source: bytes) -> Message:
    [outcome] = await house.deliver(source, owner)
    return await get_message(house.mail, owner, outcome.message_id)


async def test_answers_are_of_the_conversation_that_they_answer(house: House, owner: str) -> None:
    first = await come(house, owner, answer("a", subject="Budget"))
    whole = await come(house, owner, answer("b", "a"))
    # Programs that leave the first ancestors out, or name no more than what they answer.
    short = await come(house, owner, answer("c", "b", field="In-Reply-To"))
    shorter = await come(house, owner, answer("d", "b", "c"))
    other = await come(house, owner, answer("e", "a", subject="Congés"))
    assert {one.thread_id for one in (first, whole, short, shorter)} == {first.thread_id}
    assert other.thread_id != first.thread_id
    found = await thread(house.mail, owner, first.thread_id)
    assert [one.id for one in found] == [first.id, whole.id, short.id, shorter.id]
    with pytest.raises(NotFound):
        await thread(house.mail, OTHER, first.thread_id)


async def test_an_answer_may_come_before_what_it_answers(house: House, owner: str) -> None:
    late = await come(house, owner, answer("c", "a", "b"))
    between = await come(house, owner, answer("b", "a"))
    first = await come(house, owner, answer("a", subject="Budget"))
    assert late.thread_id == between.thread_id == first.thread_id


async def test_those_that_come_at_once_find_each_other(house: House, owner: str) -> None:
    """In one transaction or in several, in one mailbox or in two."""
    await house.box(owner)
    sent = await house.box(owner, "Sent")
    own = await house.content(answer("s", "a"))
    sources = [
        answer("a", subject="Budget"),
        *(answer(f"n{number}", "a") for number in range(5)),
        answer("z", "a", "n1"),
    ]
    *outcomes, placed = await asyncio.gather(
        *(house.deliver(source, owner) for source in sources), append(house.mail, owner, sent.id, own)
    )
    ids = [outcome.message_id for [outcome] in outcomes] + [placed.message_id]
    assert len({(await get_message(house.mail, owner, each)).thread_id for each in ids}) == 1


async def test_messages_without_ids_are_each_alone(house: House, owner: str) -> None:
    one, other = [await come(house, owner, letter(body=body, Message_ID="")) for body in ("un", "deux")]
    assert one.thread_id == one.id
    assert other.thread_id == other.id
    assert [each.id for each in await thread(house.mail, owner, one.id)] == [one.id]


async def test_a_copy_is_of_the_conversation_and_a_move_keeps_it(house: House, owner: str) -> None:
    first = await come(house, owner, answer("a", subject="Budget"))
    box, archive, trash = [await house.box(owner, name) for name in ("INBOX", "Archive", "Trash")]
    await copy(house.mail, owner, box.id, ALL, archive.id)
    await copy(house.mail, owner, archive.id, ALL, archive.id)
    await move(house.mail, owner, box.id, ALL, trash.id)
    found = await thread(house.mail, owner, first.thread_id)
    assert sorted(each.mailbox_id for each in found) == sorted([archive.id, archive.id, trash.id])
    assert {each.email_id for each in found} == {first.email_id} == {first.id}


async def test_a_message_from_before_is_a_conversation_of_its_own(house: House, owner: str) -> None:
    old = await come(house, owner, answer("a", subject="Budget"))
    unset = {"thread": "", "relatives": "", "references": "", "saved_at": "", "email": ""}
    await house.database["messages"].update_many({"owner": owner, "mailbox": old.mailbox_id}, {"$unset": unset})
    box = await house.box(owner)
    [listed] = (await list_messages(house.mail, owner, box.id, count=10)).messages
    assert (listed.thread_id, listed.email_id, listed.saved_at, list(listed.references)) == (old.id, old.id, None, [])
    assert [each.id for each in await thread(house.mail, owner, old.id)] == [old.id]
    # One that is of a conversation is not named by its own id.
    new = await come(house, owner, answer("b", "a"))
    with pytest.raises(NotFound):
        await thread(house.mail, owner, new.id)
