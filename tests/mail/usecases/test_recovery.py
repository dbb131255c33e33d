"""What is deleted can be had back for a time, wherever it was deleted, and is gone after it."""

import asyncio
from typing import Any

import pytest

from chassis.blobs import BlobStore, Sweeper
from chassis.errors import InvalidInput, NotFound, OverQuota
from services.mail.domain.flags import FlagAction
from services.mail.domain.message import Message
from services.mail.domain.options import Options
from services.mail.domain.quota import Quota
from services.mail.domain.recovery import Recoverable
from services.mail.domain.rights import ALL as ALL_RIGHTS
from services.mail.domain.uids import ALL
from services.mail.usecases import (
    create_mailbox,
    delete_mailbox,
    expunge,
    list_mailboxes,
    move,
    named_blobs,
    rename_mailbox,
    store_flags,
)
from services.mail.usecases.carry import move_to
from services.mail.usecases.delete_mailbox import clear_mailbox
from services.mail.usecases.erase_account import begin_erasure, erase_due
from services.mail.usecases.recoverable import forget_recoverable
from services.mail.usecases.restore import restore
from tests.mail.house import House, letter

OTHER = "01JOTHER000000000000000002"


async def deleted(house: House, owner: str) -> list[Recoverable]:
    return await house.mail.store.recoverable.page(owner, "", 1000)


async def there(house: House, owner: str, name: str = "INBOX") -> list[Message]:
    box = await house.box(owner, name)
    return await house.mail.store.messages.listed(owner, box.id, 1, box.uid_next)


async def emptied(house: House, owner: str, *subjects: str) -> list[str]:
    """Ids of letters that came to INBOX and were expunged."""
    outcomes = [(await house.deliver(letter(subject), owner))[0] for subject in subjects]
    box = await house.box(owner)
    await store_flags(house.mail, owner, box.id, ALL, FlagAction.ADD, ["\\Deleted", "\\Flagged"])
    await expunge(house.mail, owner, box.id)
    return [outcome.message_id for outcome in outcomes]


async def test_what_was_expunged_comes_back_where_it_was_as_it_was(house: House, owner: str) -> None:
    before = await emptied(house, owner, "Une", "Deux")
    assert await there(house, owner) == []
    kept = await deleted(house, owner)
    assert [(each.subject, each.mailbox) for each in kept] == [("Deux", "INBOX"), ("Une", "INBOX")]
    done = await restore(house.mail, owner, [kept[1].id, kept[0].id, "01JUNHEARDOF"])
    assert [each.message_id for each in done] == before
    found = await there(house, owner)
    assert [(each.id, each.uid, each.flags) for each in found] == [
        (before[0], 3, ("\\Flagged",)),
        (before[1], 4, ("\\Flagged",)),
    ]
    assert await house.read(owner, before[0]) == letter("Une")
    (fact,) = await house.facts("message_restored")
    assert fact["audience"] == [owner]
    assert await deleted(house, owner) == []
    with pytest.raises(NotFound):
        await restore(house.mail, owner, [kept[0].id])
    assert len(await there(house, owner)) == 2


async def test_of_a_deleted_mailbox_it_comes_back_beside(house: House, owner: str) -> None:
    box = await create_mailbox(house.mail, owner, "Dossiers")
    await house.deliver(letter(), owner)
    await move(house.mail, owner, (await house.box(owner)).id, ALL, box.id)
    await delete_mailbox(house.mail, owner, box.id)
    (kept,) = await deleted(house, owner)
    assert kept.mailbox == "Dossiers"
    # One of the same name is another mailbox.
    await create_mailbox(house.mail, owner, "Dossiers")
    await restore(house.mail, owner, [kept.id])
    assert [each.subject for each in await there(house, owner, "Restaurés")] == ["Note"]
    assert await there(house, owner, "Dossiers") == []


async def test_a_renamed_mailbox_is_the_one_that_it_was_in(house: House, owner: str) -> None:
    box = await create_mailbox(house.mail, owner, "Avant")
    await house.deliver(letter(), owner)
    await move(house.mail, owner, (await house.box(owner)).id, ALL, box.id)
    await expunge(house.mail, owner, box.id, ALL, only_deleted=False)
    await rename_mailbox(house.mail, owner, box.id, "Après")
    await restore(house.mail, owner, [each.id for each in await deleted(house, owner)])
    assert len(await there(house, owner, "Après")) == 1


async def test_a_crash_while_a_mailbox_is_cleared_loses_and_doubles_nothing(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = await create_mailbox(house.mail, owner, "Dossiers")
    await house.fill(owner, 3)
    await move(house.mail, owner, (await house.box(owner)).id, ALL, box.id)
    monkeypatch.setattr("services.mail.usecases.recoverable.AT_ONCE", 3)
    recoverable, inserted = house.mail.store.recoverable, 0

    async def dying(*given: Any, session: Any) -> None:
        nonlocal inserted
        inserted += 1
        await type(recoverable).insert(recoverable, *given, session=session)
        if inserted > 1:
            raise ConnectionResetError("the process dies here")

    with monkeypatch.context() as dead:
        dead.setattr(recoverable, "insert", dying)
        with pytest.raises(ConnectionResetError):
            await delete_mailbox(house.mail, owner, box.id)
    assert len(await deleted(house, owner)) == 3
    # Several workers hear of it.
    await asyncio.gather(*(clear_mailbox(house.mail, owner, box.id) for _ in range(3)))
    kept = await deleted(house, owner)
    assert len(kept) == 8
    assert await house.database["messages"].count_documents({"owner": owner}) == 0
    assert len(await restore(house.mail, owner, [each.id for each in kept])) == 8


async def test_it_is_not_counted_and_needs_room_to_come_back(house: House, owner: str) -> None:
    object.__setattr__(house.mail, "options", Options(quota=Quota(messages=1)))
    await emptied(house, owner, "Une")
    await house.deliver(letter("Deux"), owner)
    (kept,) = await deleted(house, owner)
    with pytest.raises(OverQuota):
        await restore(house.mail, owner, [kept.id])
    # Refused, it is neither lost nor there.
    assert await deleted(house, owner) == [kept]
    assert [each.subject for each in await there(house, owner)] == ["Deux"]
    await expunge(house.mail, owner, (await house.box(owner)).id, ALL, only_deleted=False)
    await restore(house.mail, owner, [kept.id])
    assert [each.subject for each in await there(house, owner)] == ["Une"]


async def test_after_its_time_it_is_gone_with_its_blob(
    house: House, owner: str, reclaimable: tuple[BlobStore, Sweeper]
) -> None:
    content = await house.content(letter("Une"))
    await emptied(house, owner, "Une")
    house.clock.advance(days=29)
    await emptied(house, owner, "Deux")
    assert await forget_recoverable(house.mail) == 0
    assert await named_blobs(house.mail, [content.blob]) == {content.blob}
    house.clock.advance(days=1)
    assert await forget_recoverable(house.mail) == 1
    assert [each.subject for each in await deleted(house, owner)] == ["Deux"]
    assert await named_blobs(house.mail, [content.blob]) == set()


async def test_a_sweep_that_has_looked_already_leaves_what_is_put_back(
    house: House, owner: str, reclaimable: tuple[BlobStore, Sweeper]
) -> None:
    (message_id,) = await emptied(house, owner, "Une")
    (kept,) = await deleted(house, owner)
    await house.database["blobs"].update_many({}, {"$set": {"touched": house.clock.moment.replace(year=2020)}})
    _, sweeper = reclaimable

    async def looks(addresses: Any) -> set[str]:
        # It is in neither place as it is looked for: put back between.
        await restore(house.mail, owner, [kept.id])
        return set()

    await sweeper.sweep(looks)
    assert await house.read(owner, message_id) == letter("Une")


async def test_moves_and_reports_leave_nothing(house: House, owner: str) -> None:
    await house.deliver(letter(), owner)
    box, theirs = await house.box(owner), await house.box(OTHER)
    await move_to(house.mail, owner, box.id, ALL, theirs, ALL_RIGHTS)
    archive = await house.box(OTHER, "Archive")
    await move(house.mail, OTHER, theirs.id, ALL, archive.id)
    await expunge(house.mail, OTHER, archive.id, ALL, only_deleted=False, keep=False)
    assert await deleted(house, owner) == await deleted(house, OTHER) == []


async def test_it_goes_with_the_account_whatever_is_heard_late(house: House, owner: str) -> None:
    box = await create_mailbox(house.mail, owner, "Dossiers")
    await emptied(house, owner, "Une")
    await house.deliver(letter("Deux"), owner)
    await move(house.mail, owner, (await house.box(owner)).id, ALL, box.id)
    (kept,) = await deleted(house, owner)
    await begin_erasure(house.mail, owner)
    # What a dead process left of a mailbox is not kept either.
    await clear_mailbox(house.mail, owner, box.id)
    await erase_due(house.mail)
    assert await deleted(house, owner) == []
    assert await house.database["messages"].count_documents({"owner": owner}) == 0
    with pytest.raises(NotFound):
        await restore(house.mail, owner, [kept.id])


async def test_nobody_has_back_what_others_deleted(house: House, owner: str) -> None:
    await emptied(house, owner, "Une")
    (kept,) = await deleted(house, owner)
    for named in (kept.id, f"{owner}.{kept.id}"):
        with pytest.raises(NotFound):
            await restore(house.mail, OTHER, [named])
    assert await deleted(house, owner) == [kept]
    for wrong in ([], [kept.id] * 101):
        with pytest.raises(InvalidInput):
            await restore(house.mail, owner, wrong)


async def test_asked_twice_at_once_it_comes_back_once(house: House, owner: str) -> None:
    await emptied(house, owner, "Une", "Deux")
    ids = [each.id for each in await deleted(house, owner)]
    done = await asyncio.gather(*(restore(house.mail, owner, ids) for _ in range(3)), return_exceptions=True)
    assert sum(len(each) for each in done if isinstance(each, list)) == 2
    assert all(isinstance(each, list | NotFound) for each in done)
    assert len(await there(house, owner)) == 2
    assert len(await list_mailboxes(house.mail, owner)) == 6


async def test_a_crash_while_it_is_put_back_leaves_it_where_it_is(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await emptied(house, owner, "Une")
    before = await deleted(house, owner)

    async def dying(*_given: Any, **_named: Any) -> None:
        raise ConnectionResetError("the process dies here")

    for step in ("insert_carried", "present"):
        with monkeypatch.context() as dead:
            dead.setattr(house.mail.store.messages, step, dying)
            with pytest.raises(ConnectionResetError):
                await restore(house.mail, owner, [before[0].id])
    assert await deleted(house, owner) == before
    assert await there(house, owner) == []
    with monkeypatch.context() as dead:
        dead.setattr(house.mail.store.recoverable, "insert", dying)
        await restore(house.mail, owner, [before[0].id])
        with pytest.raises(ConnectionResetError):
            await expunge(house.mail, owner, (await house.box(owner)).id, ALL, only_deleted=False)
    assert len(await there(house, owner)) == 1
    assert await deleted(house, owner) == []


async def test_an_import_that_came_again_is_another_message(house: House, owner: str) -> None:
    (message_id,) = await emptied(house, owner, "Une")
    (kept,) = await deleted(house, owner)
    # The same id once more, as an import that is given again makes it.
    await restore(house.mail, owner, [kept.id])
    box = await house.box(owner)
    document = await house.database["messages"].find_one({"owner": owner, "mailbox": box.id, "uid": 2})
    await expunge(house.mail, owner, box.id, ALL, only_deleted=False)
    (again,) = await deleted(house, owner)
    await house.database["messages"].insert_one({**document, "mailbox": "01JELSEWHERE"})
    (done,) = await restore(house.mail, owner, [again.id])
    assert done.message_id != message_id
    await house.database["messages"].delete_one({"_id": document["_id"]})
