"""Mail goes when it is as old as was said, and what has to be kept is kept, whoever deletes it."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.documents import ensure_indexes
from chassis.people import INDEXES, People, Person
from services.mail.domain.allotment import Holder, Whereabouts
from services.mail.domain.message import Message
from services.mail.domain.uids import ALL
from services.mail.usecases import delete_mailbox, expunge, move
from services.mail.usecases import remove_old as rounds
from services.mail.usecases.create_mailbox import create_mailbox
from services.mail.usecases.delete_mailbox import clear_mailbox
from services.mail.usecases.erase_account import begin_erasure, erase_due
from services.mail.usecases.follow_matters import follow_matters
from services.mail.usecases.matters import About, open_matter
from services.mail.usecases.personal_data import erase_personal_data
from services.mail.usecases.recoverable import forget_recoverable
from services.mail.usecases.remove_old import remove_old
from services.mail.usecases.restore import restore
from services.mail.usecases.retention import give_retention
from tests.mail.house import House, letter
from tests.mail.usecases.test_matters import administrator

ADDRESS, OTHER = "agent1@numerique.gouv.tg", "01JOTHER000000000000000002"
MINISTRY, OFFICE = "01MINISTRY", "01OFFICE"
PATH = (MINISTRY, OFFICE)


@pytest.fixture(autouse=True)
def standing(house: House, owner: str) -> None:
    """Two agents, one in an office of a ministry, one in another ministry."""
    house.people.heard = {ADDRESS: owner}
    house.people.stands = {owner: Whereabouts(ADDRESS, PATH), OTHER: Whereabouts("b@gouv.tg", ("01B",))}
    house.people.persons = [person(owner, PATH), person(OTHER, ("01B",))]


def person(account_id: str, unit_path: tuple[str, ...]) -> Person:
    addresses = (f"{account_id.lower()}@gouv.tg",)
    return Person(account_id, addresses, account_id, unit_path[-1], unit_path, suspended=False, version=1)


async def give(house: House, holder: Holder, holder_id: str, **fields: int) -> None:
    await give_retention(house.mail, holder, holder_id, Whereabouts("Ministère", (MINISTRY,)), fields)


async def there(house: House, owner: str, name: str) -> list[str]:
    box = await house.box(owner, name)
    return [each.subject for each in await listed(house, owner, name)][: box.messages]


async def listed(house: House, owner: str, name: str) -> list[Message]:
    box = await house.box(owner, name)
    return await house.mail.store.messages.listed(owner, box.id, 1, box.uid_next)


async def trash(house: House, owner: str, *subjects: str) -> None:
    """Letters came, and were put into Trash."""
    for subject in subjects:
        await house.deliver(letter(subject), owner)
    inbox, box = await house.box(owner), await house.box(owner, "Trash")
    await move(house.mail, owner, inbox.id, ALL, box.id)


async def kept_until(house: House, owner: str) -> dict[str, Any]:
    found = await house.mail.store.recoverable.page(owner, "", 100)
    return {each.subject: each.kept_until - house.clock() for each in found}


async def test_what_is_old_goes_and_can_be_had_back(house: House, owner: str) -> None:
    await give(house, Holder.UNIT, MINISTRY, trash_days=30)
    await trash(house, owner, "Vieille", "Vieille aussi")
    await trash(house, OTHER, "Ailleurs")
    house.clock.advance(days=29)
    await trash(house, owner, "Récente")
    await house.deliver(letter("Ici"), owner)
    await remove_old(house.mail)
    assert len(await there(house, owner, "Trash")) == 3
    house.clock.advance(days=2)
    assert await remove_old(house.mail) == 1
    assert await there(house, owner, "Trash") == ["Récente"]
    assert await there(house, owner, "INBOX") == ["Ici"]
    assert await there(house, OTHER, "Trash") == ["Ailleurs"]
    # As whatever is deleted: clients, sessions and the web hear of it, and it can be had back for a month.
    (fact,) = await house.facts("message_deleted")
    assert fact["audience"] == [owner]
    box = await house.box(owner, "Trash")
    assert await house.mail.store.tombstones.after(owner, box.id, 0) == [(1, 2)]
    assert await kept_until(house, owner) == {"Vieille": timedelta(days=30), "Vieille aussi": timedelta(days=30)}
    # What was had back is not old again at once.
    found = await house.mail.store.recoverable.page(owner, "", 1)
    await restore(house.mail, owner, [found[0].id])
    house.clock.advance(days=1)
    assert await remove_old(house.mail) == 1
    assert len(await there(house, owner, "Trash")) == 2
    assert await remove_old(house.mail) == 0


async def test_all_that_is_old_goes_but_drafts(house: House, owner: str) -> None:
    await give(house, Holder.ACCOUNT, owner, all_days=30)
    await create_mailbox(house.mail, owner, "Dossier")
    for name in ("Dossier", "Sent", "Drafts", "INBOX"):
        await house.deliver(letter(name), owner)
        if name != "INBOX":
            await move(house.mail, owner, (await house.box(owner)).id, ALL, (await house.box(owner, name)).id)
    house.clock.advance(days=31)
    await remove_old(house.mail)
    left = {box.name: box.messages for box in await house.mail.store.mailboxes.of(owner) if box.messages}
    assert left == {"Drafts": 1}


async def test_a_day_is_left_to_take_back_what_was_given_by_mistake(house: House, owner: str) -> None:
    await trash(house, owner, "Une")
    house.clock.advance(days=60)
    await give(house, Holder.UNIT, OFFICE, trash_days=1)
    house.clock.advance(hours=23)
    assert await remove_old(house.mail) == 0
    await give(house, Holder.UNIT, OFFICE)
    house.clock.advance(days=9)
    assert await remove_old(house.mail) == 0
    assert await there(house, owner, "Trash") == ["Une"]
    # Nor does the round of a policy above it begin with what was given below just now.
    await give(house, Holder.UNIT, MINISTRY, junk_days=1)
    house.clock.advance(hours=24)
    await give(house, Holder.UNIT, OFFICE, trash_days=1)
    assert await remove_old(house.mail) == 1
    assert await there(house, owner, "Trash") == ["Une"]
    house.clock.advance(hours=24)
    assert await remove_old(house.mail) == 2
    assert await there(house, owner, "Trash") == []


async def test_a_round_that_dies_is_gone_on_from(house: House, owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [f"01JB{number}" for number in range(5)]
    for each in others:
        house.people.stands[each] = Whereabouts(f"{each}@gouv.tg", PATH)
        await trash(house, each, "Une", "Deux", "Trois")
    house.people.persons = [person(each, PATH) for each in others]
    await give(house, Holder.UNIT, OFFICE, trash_days=2)
    house.clock.advance(days=3)
    monkeypatch.setattr(rounds, "PAGE", 2)
    monkeypatch.setattr(rounds, "TOGETHER", 2)
    done, real = 0, expunge

    async def dying(*given: Any, **also: Any) -> Any:
        nonlocal done
        done += 1
        if done == 6:
            raise ConnectionResetError("the process dies here")
        return await real(*given, **also)

    with monkeypatch.context() as dead:
        dead.setattr(rounds, "expunge", dying)
        with pytest.raises(ConnectionResetError):
            await remove_old(house.mail)
    assert await remove_old(house.mail) == 0
    house.clock.advance(minutes=11)
    assert await remove_old(house.mail) == 1
    for each in others:
        assert await there(house, each, "Trash") == []
        assert len(await kept_until(house, each)) == 3
    assert len(await house.facts("message_deleted")) == 10


async def test_of_a_full_mailbox_some_goes_in_each_round(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await trash(house, owner, *(str(number) for number in range(5)))
    await give(house, Holder.ACCOUNT, owner, trash_days=1)
    house.clock.advance(days=2)
    monkeypatch.setattr(rounds, "TOGETHER", 1)
    monkeypatch.setattr(rounds, "PIECES", 2)
    left = []
    for _ in range(4):
        await remove_old(house.mail)
        left.append(len(await there(house, owner, "Trash")))
    assert left == [3, 1, 0, 0]


async def test_what_has_to_be_kept_outlives_its_deletion(house: House, owner: str) -> None:
    await house.deliver(letter("Ancienne"), owner)
    house.clock.advance(days=300)
    await house.deliver(letter("Nouvelle"), owner)
    await give(house, Holder.UNIT, MINISTRY, minimum_days=365, deleted_days=5)
    await give(house, Holder.UNIT, OFFICE, minimum_days=1)
    box = await house.box(owner)
    await expunge(house.mail, owner, box.id, only_deleted=False)
    assert await kept_until(house, owner) == {"Ancienne": timedelta(days=65), "Nouvelle": timedelta(days=365)}
    house.clock.advance(days=100)
    await forget_recoverable(house.mail)
    (kept,) = await house.mail.store.recoverable.page(owner, "", 10)
    await restore(house.mail, owner, [kept.id])
    assert await there(house, owner, "INBOX") == ["Nouvelle"]
    # Of a mailbox that is deleted as well.
    dossier = await create_mailbox(house.mail, owner, "Dossier")
    await move(house.mail, owner, box.id, ALL, dossier.id)
    await delete_mailbox(house.mail, owner, dossier.id)
    assert await kept_until(house, owner) == {"Nouvelle": timedelta(days=265)}


async def test_a_deleted_account_stays_as_long_as_has_to_be_and_a_matter_finds_it(house: House, owner: str) -> None:
    await ensure_indexes(house.database, INDEXES)
    await give(house, Holder.UNIT, MINISTRY, minimum_days=100)
    await house.fill(owner, 1)
    dossier = await create_mailbox(house.mail, owner, "Dossier")
    await move(house.mail, owner, (await house.box(owner)).id, [(1, 1)], dossier.id)
    house.people.stands.clear()
    house.people.persons.clear()
    await begin_erasure(house.mail, owner, PATH)
    assert await erase_due(house.mail) == 0
    await clear_mailbox(house.mail, owner, dossier.id, "Dossier")
    await erase_personal_data(house.mail, People(house.database), "r1", owner)
    assert await house.facts("personal_data_erased") == []
    assert await house.database["messages"].count_documents({"owner": owner}) == 1
    assert len(await kept_until(house, owner)) == 1
    # Whoever needs it opens a matter about the unit.
    about = About("", OFFICE, Whereabouts("Bureau", PATH))
    house.clock.advance(days=99)
    until = house.clock() + timedelta(days=2)
    matter = await open_matter(house.mail, administrator(house), about, reason="Affaire 1", auditors=[], until=until)
    await follow_matters(house.mail)
    assert await house.mail.store.custodies.page(matter.id, "", 10) == [owner]
    house.clock.advance(days=1, minutes=1)
    await erase_due(house.mail)
    assert await house.database["messages"].count_documents({"owner": owner}) == 1
    house.clock.advance(days=2)
    for _ in range(2):
        await erase_due(house.mail)
        house.clock.advance(minutes=11)
    assert await house.database["messages"].count_documents({"owner": owner}) == 0
    assert len(await house.facts("personal_data_erased")) == 1
    assert await house.mail.store.erasures.kept_in(MINISTRY, "", 10) == []
