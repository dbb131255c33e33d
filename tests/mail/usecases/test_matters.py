"""While a matter is in force nothing is lost of the mail that it is about, and whoever it is about sees none of it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from chassis.documents import ensure_indexes
from chassis.errors import Forbidden, InvalidInput, NotFound, TooManyRequests
from chassis.identity import Grant, Identity
from chassis.people import INDEXES, People, Person
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.composing.letter import Letter
from services.mail.domain.envelope import Sender
from services.mail.domain.flags import FlagAction
from services.mail.domain.matters import EXPIRED, MOVED_AWAY, OVERWRITTEN, Matter
from services.mail.domain.mime import Address
from services.mail.domain.rights import ALL as ALL_RIGHTS
from services.mail.domain.uids import ALL
from services.mail.store.preserved import PreservedMessage
from services.mail.usecases import delete_mailbox, expunge, matters, named_blobs, store_flags
from services.mail.usecases.carry import move_to
from services.mail.usecases.create_mailbox import create_mailbox
from services.mail.usecases.delete_mailbox import clear_mailbox
from services.mail.usecases.erase_account import begin_erasure, erase_due
from services.mail.usecases.follow_matters import follow_matters
from services.mail.usecases.matters import About, change_matter, close_matter, matter_run_by, open_matter
from services.mail.usecases.personal_data import erase_personal_data
from services.mail.usecases.recoverable import forget_recoverable
from services.mail.usecases.send_draft import send_draft
from services.mail.usecases.write_draft import Replaced, write_draft
from tests.mail.house import House, letter

ADDRESS, OTHER = "agent1@numerique.gouv.tg", "01JOTHER000000000000000002"
MINISTRY, OFFICE = "01MINISTRY", "01OFFICE"


def identity(house: House, account: str, *grants: Grant, unit_path: tuple[str, ...] = ()) -> Identity:
    now = house.clock()
    return Identity(
        account, f"{account.lower()}@gouv.tg", "01S", now, now + timedelta(hours=1), grants=grants, unit_path=unit_path
    )


def administrator(house: House, account: str = "01ADMIN", unit: str = MINISTRY) -> Identity:
    return identity(house, account, Grant("administrator", unit))


@pytest.fixture(autouse=True)
def standing(house: House, owner: str) -> None:
    house.people.heard = {ADDRESS: owner, "auditeur@gouv.tg": "01AUDITOR"}
    house.people.stands = {owner: Whereabouts(ADDRESS, (MINISTRY, OFFICE)), OTHER: Whereabouts("b@gouv.tg", ("01B",))}


async def opened(house: House, owner: str, **also: Any) -> Matter:
    about = About(owner, "", house.people.stands[owner])
    given: dict[str, Any] = {"reason": "Affaire 12/2026", "auditors": ["auditeur@gouv.tg"], "until": None, **also}
    return await open_matter(house.mail, administrator(house), about, **given)


async def opened_on_unit(house: House, unit_path: tuple[str, ...] = (MINISTRY,), **also: Any) -> Matter:
    about = About("", unit_path[-1], Whereabouts("Ministère", unit_path))
    given: dict[str, Any] = {"reason": "Affaire 13/2026", "auditors": [], "until": None, **also}
    return await open_matter(house.mail, administrator(house), about, **given)


async def kept(house: House, owner: str) -> list[PreservedMessage]:
    return await house.mail.store.preserved.page(owner, "", 1000)


async def why(house: House, owner: str) -> list[tuple[str, str]]:
    return [(each.message.subject, each.why) for each in await kept(house, owner)]


async def expunged(house: House, owner: str, subject: str) -> None:
    await house.deliver(letter(subject), owner)
    box = await house.box(owner)
    await store_flags(house.mail, owner, box.id, ALL, FlagAction.ADD, ["\\Deleted"])
    await expunge(house.mail, owner, box.id)


async def test_what_was_deleted_outlives_its_time_where_its_owner_does_not_see_it(house: House, owner: str) -> None:
    await expunged(house, owner, "Avant")
    await opened(house, owner)
    await expunged(house, owner, "Pendant")
    await expunged(house, OTHER, "Autre")
    content = await house.content(letter("Pendant"))
    house.clock.advance(days=31)
    assert await forget_recoverable(house.mail) == 3
    assert await house.mail.store.recoverable.page(owner, "", 10) == []
    assert await why(house, owner) == [("Avant", EXPIRED), ("Pendant", EXPIRED)]
    assert await kept(house, OTHER) == []
    assert await named_blobs(house.mail, [content.blob]) == {content.blob}
    assert {each.mailbox for each in await kept(house, owner)} == {"INBOX"}
    assert await forget_recoverable(house.mail) == 0


async def test_a_crash_while_it_expires_loses_and_doubles_nothing(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await expunged(house, owner, "Une")
    await opened(house, owner)
    house.clock.advance(days=31)
    with monkeypatch.context() as patched:

        async def dies(*_: Any, **__: Any) -> None:
            raise RuntimeError

        patched.setattr(house.mail.store.preserved, "insert", dies)
        with pytest.raises(RuntimeError):
            await forget_recoverable(house.mail)
    assert await kept(house, owner) == []
    assert await forget_recoverable(house.mail) == 1
    assert len(await kept(house, owner)) == 1


async def test_what_moves_to_somebody_else_is_kept_as_it_was(house: House, owner: str) -> None:
    await opened(house, owner)
    await house.deliver(letter("Partie"), owner)
    box, theirs = await house.box(owner), await house.box(OTHER)
    await store_flags(house.mail, owner, box.id, ALL, FlagAction.ADD, ["\\Flagged"])
    await move_to(house.mail, owner, box.id, ALL, theirs, frozenset("i"))
    (found,) = await kept(house, owner)
    assert (found.message.subject, found.why, found.mailbox) == ("Partie", MOVED_AWAY, "INBOX")
    assert found.message.owner == owner
    # Within the account nothing is lost, and nothing kept twice.
    await house.deliver(letter("Reste"), owner)
    await move_to(house.mail, owner, box.id, ALL, await house.box(owner, "Archive"), ALL_RIGHTS)
    assert len(await kept(house, owner)) == 1


async def test_each_version_of_a_draft_is_kept(house: House, owner: str) -> None:
    sender, author = Sender(owner, ADDRESS), Address("", ADDRESS)
    first = Letter(author, to=[Address("", "a@example.org")], subject="Un", text="Une.")
    before = await write_draft(house.mail, sender, first)
    before = await write_draft(house.mail, sender, first, replaced=Replaced(before.id, before.modseq))
    assert await kept(house, owner) == []
    await opened(house, owner)
    second = Letter(author, to=[Address("", "a@example.org")], subject="Deux", text="Deux.")
    draft = await write_draft(house.mail, sender, second, replaced=Replaced(before.id, before.modseq))
    await send_draft(house.mail, sender, draft.id)
    assert await why(house, owner) == [("Un", OVERWRITTEN), ("Deux", OVERWRITTEN)]
    assert await house.mail.store.recoverable.page(owner, "", 10) == []


async def test_a_matter_about_a_unit_is_about_all_who_are_or_were_in_it(house: House, owner: str) -> None:
    house.people.persons = [
        Person(owner, (ADDRESS,), "Agent 1", OFFICE, (MINISTRY, OFFICE), suspended=False, version=1),
        Person(OTHER, ("b@gouv.tg",), "B", "01B", ("01B",), suspended=False, version=1),
    ]
    matter = await opened_on_unit(house)
    # At once, before anybody walked through the unit.
    await expunged(house, owner, "Une")
    house.clock.advance(days=31)
    await forget_recoverable(house.mail)
    assert await house.mail.store.custodies.page(matter.id, "", 10) == [owner]
    await follow_matters(house.mail)
    # Who leaves the unit does not leave the matter.
    house.people.stands[owner] = house.people.stands[OTHER]
    house.people.persons = []
    await expunged(house, owner, "Deux")
    await expunged(house, OTHER, "Trois")
    house.clock.advance(days=31)
    await follow_matters(house.mail)
    await forget_recoverable(house.mail)
    assert [each for each, _ in await why(house, owner)] == ["Une", "Deux"]
    assert await kept(house, OTHER) == []


async def test_a_deleted_account_stays_until_the_matter_ends(house: House, owner: str) -> None:
    await house.fill(owner, 1)
    dossier = await create_mailbox(house.mail, owner, "Dossier")
    await house.deliver(letter("Rangée"), owner)
    await move_to(house.mail, owner, (await house.box(owner)).id, [(3, 3)], dossier, ALL_RIGHTS)
    matter = await opened_on_unit(house)
    # Facts overtake each other: where it stood is told by the deletion itself.
    del house.people.stands[owner]
    await begin_erasure(house.mail, owner, (MINISTRY, OFFICE))
    assert await erase_due(house.mail) == 1
    # What a dead process left of a mailbox that was deleted.
    await clear_mailbox(house.mail, owner, dossier.id, "Dossier")
    assert (await house.mail.store.mailboxes.of(owner)) != []
    house.clock.advance(days=400)
    await forget_recoverable(house.mail)
    assert await why(house, owner) == [("Rangée", EXPIRED)]
    await close_matter(house.mail, administrator(house), matter.id)
    await follow_matters(house.mail)
    assert len(await kept(house, owner)) == 1
    house.clock.advance(minutes=2)
    await follow_matters(house.mail)
    assert await kept(house, owner) == []
    house.clock.advance(minutes=11)
    assert await erase_due(house.mail) == 1
    assert await house.mail.store.mailboxes.of(owner) == []
    assert await house.database["messages"].count_documents({"owner": owner}) == 0
    assert await house.database["custodies"].count_documents({"_id": owner}) == 0


async def test_an_erasure_on_request_is_answered_when_the_matter_ends(house: House, owner: str) -> None:
    await ensure_indexes(house.database, INDEXES)
    await house.fill(owner, 1)
    await opened(house, owner, until=house.clock() + timedelta(days=10))
    people = People(house.database)
    await begin_erasure(house.mail, owner)
    await erase_personal_data(house.mail, people, "r1", owner)
    assert await house.facts("personal_data_erased") == []
    house.clock.advance(days=9)
    await erase_due(house.mail)
    assert await house.database["messages"].count_documents({"owner": owner}) == 2
    house.clock.advance(days=2)
    for _ in range(3):
        await erase_due(house.mail)
        house.clock.advance(minutes=11)
    assert await house.database["messages"].count_documents({"owner": owner}) == 0
    (fact,) = await house.facts("personal_data_erased")
    told = json.loads(fact["body"])["data"]
    assert (told["request_id"], int(told["messages"])) == ("r1", 2)


async def test_what_another_matter_needs_stays(house: House, owner: str) -> None:
    first, second = await opened(house, owner), await opened_on_unit(house)
    await expunged(house, owner, "Une")
    house.clock.advance(days=31)
    await forget_recoverable(house.mail)
    await close_matter(house.mail, administrator(house), first.id)
    house.clock.advance(minutes=2)
    await follow_matters(house.mail)
    assert len(await kept(house, owner)) == 1
    assert await house.mail.store.custodies.of(owner) == {second.id}
    assert [each.id for each in await house.mail.store.matters.open()] == [second.id]
    await close_matter(house.mail, administrator(house), second.id)
    house.clock.advance(minutes=2)
    await follow_matters(house.mail)
    assert await kept(house, owner) == []
    assert await house.mail.store.matters.open() == []


async def test_what_a_matter_needs_stays_that_has_not_walked_so_far(house: House, owner: str) -> None:
    first = await opened(house, owner)
    await expunged(house, owner, "Une")
    house.clock.advance(days=31)
    await forget_recoverable(house.mail)
    second = await opened_on_unit(house)
    await close_matter(house.mail, administrator(house), first.id)
    house.clock.advance(minutes=2)
    await follow_matters(house.mail)
    assert [each for each, _ in await why(house, owner)] == ["Une"]
    # It was a custodian when the first ended: leaving the unit is no way out.
    house.people.stands[owner] = house.people.stands[OTHER]
    assert await house.mail.store.custodies.page(second.id, "", 10) == [owner]


async def test_a_mailbox_that_is_deleted_is_kept(house: House, owner: str) -> None:
    await opened(house, owner)
    box = await create_mailbox(house.mail, owner, "Projet")
    await house.deliver(letter("Une"), owner)
    await move_to(house.mail, owner, (await house.box(owner)).id, ALL, box, ALL_RIGHTS)
    await delete_mailbox(house.mail, owner, box.id)
    house.clock.advance(days=31)
    await forget_recoverable(house.mail)
    (found,) = await kept(house, owner)
    assert (found.message.subject, found.mailbox) == ("Une", "Projet")


async def test_whom_it_is_about_does_not_see_it(house: House, owner: str) -> None:
    matter = await opened(house, owner)
    over = Grant("administrator", MINISTRY)
    for actor in (
        identity(house, owner, over, unit_path=(MINISTRY, OFFICE)),
        identity(house, owner, Grant("administrator")),
        administrator(house, unit="01B"),
        administrator(house, unit=OFFICE + "x"),
        identity(house, "01AUDITOR", Grant("auditor", MINISTRY)),
    ):
        with pytest.raises(NotFound):
            await matter_run_by(house.mail, actor, matter.id)
        with pytest.raises(NotFound):
            await close_matter(house.mail, actor, matter.id)
    about = About(owner, "", house.people.stands[owner])
    with pytest.raises(Forbidden):
        await open_matter(house.mail, identity(house, owner, over), about, "x", [], None)
    whole = await opened_on_unit(house)
    with pytest.raises(NotFound):
        await close_matter(house.mail, identity(house, "01INSIDE", over, unit_path=(MINISTRY,)), whole.id)
    assert await matter_run_by(house.mail, administrator(house, unit=""), whole.id) == whole


async def test_bad_matters_are_refused(house: House, owner: str) -> None:
    for wrong in (
        {"reason": " "},
        {"reason": "x" * 501},
        {"reason": "a\x00b"},
        {"until": house.clock()},
        {"auditors": [ADDRESS]},
        {"auditors": ["personne@gouv.tg"]},
        {"auditors": ["auditeur@gouv.tg"] * 21},
    ):
        with pytest.raises(InvalidInput):
            await opened(house, owner, **wrong)
    assert await house.mail.store.matters.open() == []
    house.people.heard["admin@gouv.tg"] = "01ADMIN"
    matter = await opened(house, owner)
    with pytest.raises(InvalidInput):
        await change_matter(house.mail, administrator(house), matter.id)
    later = house.clock() + timedelta(days=1)
    with pytest.raises(InvalidInput):
        await change_matter(house.mail, administrator(house), matter.id, until=later, without_end=True)
    # Whoever changes it makes neither who opened it an auditor, nor itself.
    house.people.heard["second@gouv.tg"] = "01SECOND"
    for address in ("admin@gouv.tg", "second@gouv.tg"):
        with pytest.raises(InvalidInput):
            await change_matter(house.mail, administrator(house, "01SECOND"), matter.id, auditors=[address])


async def test_no_more_are_open_than_anybody_looks_through(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matters, "MOST_OPEN", 2)
    first = await opened(house, owner)
    await opened_on_unit(house)
    with pytest.raises(TooManyRequests):
        await opened(house, owner)
    await close_matter(house.mail, administrator(house), first.id)
    house.clock.advance(minutes=2)
    await follow_matters(house.mail)
    await opened(house, owner)


async def test_a_matter_is_open_with_its_custodian_or_not_at_all(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:

        async def dies(*_: Any, **__: Any) -> None:
            raise RuntimeError

        patched.setattr(house.mail.store.custodies, "add", dies)
        with pytest.raises(RuntimeError):
            await opened(house, owner)
    assert await house.mail.store.matters.open() == []
    assert await house.facts("act_recorded") == []
    matter = await opened(house, owner)
    assert await house.mail.store.custodies.page(matter.id, "", 10) == [owner]


async def test_each_act_is_told_to_auditors_of_the_whole_alone(house: House, owner: str) -> None:
    matter = await opened(house, owner)
    until = house.clock() + timedelta(days=1)
    await change_matter(house.mail, administrator(house), matter.id, until=until)
    await change_matter(house.mail, administrator(house), matter.id, without_end=True, auditors=[])
    await close_matter(house.mail, administrator(house), matter.id)
    told = [json.loads(each["body"])["data"] for each in await house.facts("act_recorded")]
    assert [each["act"] for each in told] == ["open_matter", "change_matter", "change_matter", "close_matter"]
    assert all(each["target_id"] == matter.id and not each.get("unit_path") for each in told)
    assert told[0]["details"]["account"] == owner
    assert told[0]["details"]["reason"] == "Affaire 12/2026"


async def test_deliveries_and_deletions_cost_no_question_more(house: House, owner: str) -> None:
    async def asked(subject: str) -> int:
        before = house.recorder.count
        await expunged(house, owner, subject)
        return house.recorder.count - before

    await asked("Une")
    without = await asked("Deux")
    await opened(house, owner)
    assert await asked("Trois") == without
