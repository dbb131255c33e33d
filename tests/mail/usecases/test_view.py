"""A large mailbox is opened from the view that was kept of it, and what happened since."""

import random

from services.mail.domain.flags import FlagAction
from services.mail.domain.message import View
from services.mail.usecases import append, copy, expunge, move, store_flags, view
from services.mail.usecases.delete_mailbox import clear_mailbox
from services.mail.usecases.view import RENEWED_AFTER, WORTH_KEEPING
from tests.mail.house import House, letter


async def whole(house: House, owner: str, mailbox_id: str) -> View:
    """The same, read from the messages."""
    await house.mail.store.views.drop(owner, mailbox_id)
    return await view(house.mail, owner, mailbox_id)


async def test_a_kept_view_and_what_happened_is_what_there_is(house: House, owner: str) -> None:
    box, archive = await house.fill(owner, 9), await house.box(owner, "Archive")
    content, drawn = await house.content(letter("Neuf")), random.Random(7)
    first = await view(house.mail, owner, box.id)
    assert len(first.uids) == 512 >= WORTH_KEEPING
    for _ in range(30):
        at = drawn.randint(1, 520)
        span = [(at, at + drawn.choice((0, 0, 5)))]
        act = drawn.randrange(5)
        if act == 0:
            await append(house.mail, owner, box.id, content, flags=["nouveau"])
        elif act == 1:
            await store_flags(house.mail, owner, box.id, span, drawn.choice(list(FlagAction)), ["\\Seen"])
        elif act == 2:
            await expunge(house.mail, owner, box.id, span, only_deleted=False)
        elif act == 3:
            await move(house.mail, owner, box.id, span, archive.id)
        else:
            await copy(house.mail, owner, box.id, span, box.id)
    kept = await house.mail.store.views.get(owner, box.id)
    followed = await view(house.mail, owner, box.id)
    assert kept is not None
    assert kept.modseq < followed.modseq
    assert followed == await whole(house, owner, box.id)


async def test_opening_reads_the_changes_and_not_the_messages(house: House, owner: str) -> None:
    box = await house.fill(owner, 9)
    await view(house.mail, owner, box.id)
    await store_flags(house.mail, owner, box.id, [(7, 9)], FlagAction.ADD, ["\\Flagged"])
    house.recorder.commands.clear()
    seen = await view(house.mail, owner, box.id)
    assert [flags for flags in seen.flags if flags] == [("\\Flagged",)] * 3
    read = [shape for shape in house.recorder.commands if shape.startswith("messages ")]
    assert len(read) == 1
    assert "modseq" in read[0]
    # Much has happened: it is kept anew.
    await store_flags(house.mail, owner, box.id, [(1, RENEWED_AFTER + 50)], FlagAction.ADD, ["\\Seen"])
    before = await view(house.mail, owner, box.id)
    kept = await house.mail.store.views.get(owner, box.id)
    assert kept == before


async def test_a_view_older_than_what_is_remembered_is_not_believed(house: House, owner: str) -> None:
    box = await house.fill(owner, 9)
    await view(house.mail, owner, box.id)
    done = await expunge(house.mail, owner, box.id, [(1, 5)], only_deleted=False)
    await house.mail.store.mailboxes.forget_until(owner, box.id, done.modseq)
    await house.database["tombstones"].delete_many({"_id": f"{owner}.{box.id}.{done.modseq}"})
    assert list((await view(house.mail, owner, box.id)).uids)[:2] == [6, 7]
    # It goes with its mailbox.
    assert await house.mail.store.views.get(owner, box.id) is not None
    await clear_mailbox(house.mail, owner, box.id)
    assert await house.mail.store.views.get(owner, box.id) is None


async def test_of_small_mailboxes_none_is_kept(house: House, owner: str) -> None:
    inbox = await house.box(owner)
    await append(house.mail, owner, inbox.id, await house.content(letter("un")))
    await view(house.mail, owner, inbox.id)
    assert await house.mail.store.views.get(owner, inbox.id) is None
