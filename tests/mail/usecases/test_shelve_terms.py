"""Windows of a mailbox whose terms are shelved: a search reads what has its words, and not each message."""

import sys
from typing import Any

import pytest

from services.mail.domain.flags import FlagAction
from services.mail.domain.postings import WINDOW, shelf_of, shelve, window
from services.mail.domain.search import And, Body, Criterion, HasFlag, Header, Not, Or, Size, Text, Uids, Written
from services.mail.domain.terms import Words
from services.mail.domain.uids import ALL
from services.mail.usecases import append, copy, delete_mailbox, expunge, move, search, store_flags
from services.mail.usecases.create_mailbox import create_mailbox
from services.mail.usecases.index_terms import index_due
from services.mail.usecases.shelve_terms import look_up, shelve_due
from services.mail.usecases.view import view
from tests.mail.house import House, letter

RARE = {17: "décret agou", 200: "décret", 256: "agou", 257: "décret agou", 300: "agou"}
ASKED: list[tuple[Criterion, list[int]]] = [
    (Text("decret"), [17, 200, 257]),
    (Text("decr"), [17, 200, 257]),
    (Text("agou decret"), [17, 257]),
    (Body("agou"), [17, 256, 257, 300]),
    (Body("commun"), []),
    (And((Text("decret"), Not(HasFlag("\\Seen")))), [200, 257]),
    (And((Uids(((1, 100),)), Text("agou"))), [17]),
    (Or((Text("absent"), And((Text("decret"), Size(larger=1))))), [17, 200, 257]),
    (And((Not(Text("agou")), Text("decret"))), [200]),
    (Written(("subject",), "commun agou"), []),
    (And((Written(("subject",), "commun"), Text("agou"))), [17, 256, 257, 300]),
    (Header("X-None", ""), []),
    (Text("absent"), []),
]


async def filled(house: House, owner: str) -> str:
    """320 messages, a few of which have something to be found; the terms of all are kept."""
    inbox = (await house.box(owner)).id
    different, plain = [await create_mailbox(house.mail, owner, name) for name in ("Different", "Plain")]
    for words in ("rien", *RARE.values()):
        await append(house.mail, owner, different.id, await house.content(letter("Commun", words)))
    await index_due(house.mail)
    await copy(house.mail, owner, different.id, [(1, 1)], plain.id)
    for _ in range(8):
        await copy(house.mail, owner, plain.id, ALL, plain.id)
    last = 0
    for number, uid in enumerate(RARE, 2):
        if between := uid - last - 1:
            await copy(house.mail, owner, plain.id, [(1, between)], inbox)
        await copy(house.mail, owner, different.id, [(number, number)], inbox)
        last = uid
    await copy(house.mail, owner, plain.id, [(1, 320 - last)], inbox)
    await store_flags(house.mail, owner, inbox, [(17, 17)], FlagAction.ADD, ["\\Seen"])
    assert (await house.box(owner)).uid_next == 321
    return inbox


async def answers(house: House, owner: str, mailbox_id: str) -> list[list[int]]:
    return [[uid for uid, _ in await search(house.mail, owner, mailbox_id, each)] for each, _ in ASKED]


EXPECTED = [expected for _, expected in ASKED]


async def test_answers_are_the_same_shelved_or_not(house: House, owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = await filled(house, owner)
    assert await answers(house, owner, inbox) == EXPECTED
    # Whoever searched asked for the window that is full; the other one is still filling.
    assert await shelve_due(house.mail) == 1
    assert await shelve_due(house.mail) == 0
    looked: list[int] = []
    read = house.mail.store.messages.searched

    async def counting(*args: Any, **options: Any) -> Any:
        async for row in read(*args, **options):
            looked.append(row[0].uid)
            yield row

    monkeypatch.setattr(house.mail.store.messages, "searched", counting)
    assert await answers(house, owner, inbox) == EXPECTED
    looked.clear()
    assert [uid for uid, _ in await search(house.mail, owner, inbox, Text("decret"))] == [17, 200, 257]
    # Only the terms of those of which nothing is shelved.
    assert looked == [*range(257, 321)]
    assert await shelve_due(house.mail) == 0


async def test_answers_are_the_same_from_the_kept_view(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = await filled(house, owner)
    await search(house.mail, owner, inbox, Text("x1"))
    assert await shelve_due(house.mail) == 1
    monkeypatch.setattr(sys.modules["services.mail.usecases.search"], "WORTH_KEEPING", 1)
    read: list[str] = []
    monkeypatch.setattr(house.mail.store.messages, "searched", none_of(read))
    criterion = And((Uids(((10, 210),)), Text("decret"), Not(HasFlag("\\Seen"))))
    assert [uid for uid, _ in await search(house.mail, owner, inbox, criterion)] == [200]
    assert [uid for uid, _ in await search(house.mail, owner, inbox, HasFlag("\\Seen"))] == [17]
    assert read == []
    monkeypatch.undo()
    monkeypatch.setattr(sys.modules["services.mail.usecases.search"], "WORTH_KEEPING", 1)
    assert await answers(house, owner, inbox) == EXPECTED


async def test_the_kept_view_is_read_once_however_many_pieces_are_looked_at(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = await filled(house, owner)
    module = sys.modules["services.mail.usecases.search"]
    monkeypatch.setattr(module, "WORTH_KEEPING", 1)
    monkeypatch.setattr(module, "LOOKED_AT_ONCE", 10)
    seen: list[str] = []

    async def counted(*which: Any) -> Any:
        seen.append(which[2])
        return await view(*which)

    monkeypatch.setattr(module, "view", counted)
    found = await search(house.mail, owner, inbox, HasFlag("\\Seen"), newest=5)
    assert ([uid for uid, _ in found], seen) == ([17], [inbox])


def none_of(read: list[str]) -> Any:
    """In place of what reads messages' terms: there are none to be read."""

    async def searched(_owner: str, _mailbox_id: str, ranges: list[Any], **_options: Any) -> Any:
        read.extend(map(str, ranges))
        for each in ():
            yield each

    return searched


async def test_what_left_is_not_found_and_what_came_is(house: House, owner: str) -> None:
    inbox = await filled(house, owner)
    await search(house.mail, owner, inbox, Text("x1"))
    assert await shelve_due(house.mail) == 1
    archive = (await house.box(owner, "Archive")).id
    await move(house.mail, owner, inbox, [(17, 17)], archive)
    await expunge(house.mail, owner, inbox, [(200, 200)], only_deleted=False)
    await house.deliver(letter("Nouveau", "décret"), owner)
    assert [uid for uid, _ in await search(house.mail, owner, inbox, Text("decret"))] == [257, 321]
    assert [uid for uid, _ in await search(house.mail, owner, archive, Text("decret"))] == [1]


async def test_shelves_that_are_lost_or_half_written_are_made_again(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = await filled(house, owner)
    await search(house.mail, owner, inbox, Text("x1"))
    postings = house.database["postings"]

    async def dying(*_: object) -> None:
        raise ConnectionResetError("the process dies here")

    with monkeypatch.context() as dead:
        dead.setattr(house.mail.store.postings, "done", dying)
        with pytest.raises(ConnectionResetError):
            await shelve_due(house.mail)
    half = [f"{owner}.{inbox}.0.{shelf}" for shelf in range(20, 64)]
    await postings.delete_many({"_id": {"$in": half}})
    assert await answers(house, owner, inbox) == EXPECTED
    house.clock.advance(minutes=3)
    assert await shelve_due(house.mail) == 1
    assert await postings.count_documents({"owner": owner, "mailbox": inbox, "shelf": {"$gte": 0}}) == 64
    assert await answers(house, owner, inbox) == EXPECTED
    # Two workers at once, and one of another form.
    await postings.update_many({"_id": {"$in": half}}, {"$set": {"packed": b"\x00"}})
    assert await answers(house, owner, inbox) == EXPECTED
    assert await shelve_due(house.mail) == 1
    assert await answers(house, owner, inbox) == EXPECTED
    await postings.delete_many({"_id": {"$in": [f"{owner}.{inbox}.0.{shelf}" for shelf in range(64)]}})
    assert await answers(house, owner, inbox) == EXPECTED
    assert await shelve_due(house.mail) == 1


async def test_a_recipient_whose_words_had_no_room_is_found_shelved_or_not(house: House, owner: str) -> None:
    inbox = (await house.box(owner)).id
    people = ", ".join(f"Nom{number} <nom{number}@ministere{number % 20}.gouv.tg>" for number in range(2_000))
    await append(house.mail, owner, inbox, await house.content(letter("Circulaire", To=people)))
    await index_due(house.mail)
    for _ in range(8):
        await copy(house.mail, owner, inbox, [(1, 255)], inbox)
    asked = And((Written(("to",), "nom1999"), Uids(((1, 3),))))
    assert [uid for uid, _ in await search(house.mail, owner, inbox, asked)] == [1, 2, 3]
    await house.mail.store.postings.ask(owner, inbox, [0], house.clock())
    assert await shelve_due(house.mail) == 1
    assert [uid for uid, _ in await search(house.mail, owner, inbox, asked)] == [1, 2, 3]


async def test_shelves_of_many_windows_are_looked_through_a_few_at_a_time(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["services.mail.store.postings"], "READ_AT_ONCE", 2)
    postings, inbox = house.mail.store.postings, (await house.box(owner)).id
    for number in range(5):
        first, last = window(number)
        await postings.put(owner, inbox, number, shelve({first: ["decret", "agou"], last: ["decret|", "kara"]}))
    assert [len(each) async for each in postings.shelves(owner, inbox, shelf_of("decret"), 0, 9)] == [2, 2, 1]
    both, begun = Words(frozenset(("decret", "agou"))), Words(frozenset(("kara",)), "decr")
    texts, none = Words(frozenset(), "decr", in_texts=True), Words(frozenset(("decret", "absent")))
    known = await look_up(house.mail, owner, inbox, {both, begun, texts, none}, (1, 5 * WINDOW))
    firsts, lasts = ({window(number)[side] for number in range(5)} for side in (0, 1))
    assert known.found == {both: firsts, begun: lasts, texts: firsts, none: set()}
    assert known.windows == [window(number) for number in range(5)]
    some = await look_up(house.mail, owner, inbox, {both}, (WINDOW, WINDOW + 1))
    assert (some.windows, some.found) == ([window(0), window(1)], {both: {1, WINDOW + 1}})


async def test_a_window_waits_for_terms_that_are_missing(house: House, owner: str) -> None:
    inbox = await filled(house, owner)
    lost = {"owner": owner, "mailbox": inbox, "uid": {"$in": [3, 4]}}
    await house.database["messages"].update_many(lost, {"$unset": {"terms": ""}})
    await house.mail.store.postings.ask(owner, inbox, [0], house.clock())
    assert await shelve_due(house.mail) == 0
    assert await index_due(house.mail) == 2
    await search(house.mail, owner, inbox, Text("x1"))
    assert await shelve_due(house.mail) == 1


async def test_nothing_is_left_of_a_mailbox_that_is_deleted(house: House, owner: str) -> None:
    inbox = await filled(house, owner)
    made = await create_mailbox(house.mail, owner, "A")
    await copy(house.mail, owner, inbox, ALL, made.id)
    await house.mail.store.postings.ask(owner, made.id, [0], house.clock())
    assert await shelve_due(house.mail) == 1
    await delete_mailbox(house.mail, owner, made.id)
    # A worker that was at it when it was deleted.
    await house.mail.store.postings.ask(owner, made.id, [0], house.clock())
    await house.mail.store.postings.put(owner, made.id, 0, [b"\x01"] * 64)
    await shelve_due(house.mail)
    assert [each async for each in house.mail.store.postings.shelves(owner, made.id, 5, 0, 9)] == []
    assert await house.database["postings"].count_documents({"_id": {"$gt": owner, "$lt": f"{owner}/"}}) == 0
    assert await house.database["shelving"].count_documents({"_id": f"{owner}.{made.id}"}) == 0
