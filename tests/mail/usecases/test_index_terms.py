"""Terms are kept of what came, go wherever it goes, and spare a search the octets."""

import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest

from chassis.errors import NotFound, Unavailable
from services.mail.domain.search import And, Attached, Body, Criterion, HasFlag, Header, Not, Or, Text, Written
from services.mail.domain.uids import ALL
from services.mail.usecases import append, copy, expunge, move, search
from services.mail.usecases.index_terms import LATER, index_due
from services.mail.usecases.read_terms import read_terms
from services.mail.usecases.restore import restore
from tests.mail.house import House, letter

MIXED = (
    b"From: a@example.org\r\nSubject: Bordereau\r\nX-Dossier: AB-17\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<style>cache</style><p>Le pr\xc3\xa9fet d'Agou\r\n"
    b'--b\r\nContent-Type: application/pdf; name="=?utf-8?q?D=C3=A9cret_2026.pdf?="\r\n'
    b"Content-Disposition: attachment\r\n\r\nsecret\r\n--b--\r\n"
)
ASKED: list[tuple[Criterion, list[int]]] = [
    (Text("reunion"), [1]),
    (Text("REUN"), [1]),
    (Text("prefet agou"), [2]),
    (Body("decret"), [2]),
    (Body("bordereau"), []),
    (Text("cache"), []),
    (Text("secret"), []),
    (Attached(), [2]),
    (Not(Text("reunion")), [2]),
    (Or((Text("réunion"), Text("agou"))), [1, 2]),
    (And((Text("agou"), Not(HasFlag("\\Seen")))), [2]),
    (Written(("subject",), "bord"), [2]),
    (Written(("subject",), "agou"), []),
    (Written(("from", "to"), "example.org"), [2]),
    (Header("X-Dossier", "b-1"), [2]),
    (Header("X-Dossier", ""), [2]),
    (Header("x-none", ""), []),
    (Text("!"), []),
    (Text(""), [1, 2]),
]


class Reading:
    """Counts how often octets are read, and may have them refused or lost."""

    def __init__(self, house: House, patch: pytest.MonkeyPatch) -> None:
        self.times = 0
        self.error: Exception | None = None
        read = house.mail.blobs.open

        def counting(*args: Any, **options: Any) -> AsyncIterator[bytes]:
            self.times += 1
            if self.error is not None:
                raise self.error
            return read(*args, **options)

        patch.setattr(house.mail.blobs, "open", counting)


@pytest.fixture
def reading(house: House, monkeypatch: pytest.MonkeyPatch) -> Reading:
    return Reading(house, monkeypatch)


async def found(house: House, owner: str, criterion: Criterion, name: str = "INBOX") -> list[int]:
    return [uid for uid, _ in await search(house.mail, owner, (await house.box(owner, name)).id, criterion)]


async def two_letters(house: House, owner: str) -> str:
    await house.deliver(letter("=?utf-8?q?R=C3=A9union?=", "Ordre du jour"), owner)
    await house.deliver(MIXED, owner)
    return (await house.box(owner)).id


async def test_answers_are_the_same_before_and_after_and_open_nothing_more(
    house: House, owner: str, reading: Reading
) -> None:
    await two_letters(house, owner)
    before = [await found(house, owner, criterion) for criterion, _ in ASKED]
    assert before == [expected for _, expected in ASKED]
    assert await index_due(house.mail) == 2
    assert await index_due(house.mail) == 0
    reading.times = 0
    for criterion, expected in ASKED:
        assert await found(house, owner, criterion) == expected, criterion
    # The two that ask for a field whose values are not kept, of the one message that has it.
    assert reading.times == 2


async def test_terms_go_with_the_message(house: House, owner: str, reading: Reading) -> None:
    inbox = await two_letters(house, owner)
    archive = (await house.box(owner, "Archive")).id
    await index_due(house.mail)
    reading.times = 0
    await copy(house.mail, owner, inbox, [(1, 1)], archive)
    await move(house.mail, owner, inbox, [(2, 2)], archive)
    assert await found(house, owner, Text("reunion"), "Archive") == [1]
    assert await found(house, owner, Text("agou"), "Archive") == [2]
    assert await found(house, owner, Text("agou")) == []
    await expunge(house.mail, owner, archive, ALL, only_deleted=False)
    assert await found(house, owner, Text("agou"), "Archive") == []
    kept = await house.mail.store.recoverable.page(owner, "", 10)
    await restore(house.mail, owner, [each.id for each in kept])
    assert len(await found(house, owner, Text("agou"), "Archive")) == 1
    assert await index_due(house.mail) == 0
    assert reading.times == 0


async def test_what_is_moved_or_copied_before_is_done_where_it_is_then(house: House, owner: str) -> None:
    inbox = await two_letters(house, owner)
    archive = (await house.box(owner, "Archive")).id
    due = [each async for some in house.mail.store.indexing.due(house.clock(), 10, 10) for each in some]
    await move(house.mail, owner, inbox, [(2, 2)], archive)
    await copy(house.mail, owner, archive, ALL, archive)
    await expunge(house.mail, owner, inbox, ALL, only_deleted=False)
    # A worker that looked before does no harm.
    await house.mail.store.indexing.keep([(each.document_id, b"\x01") for each in due if each.uid == 1])
    assert await index_due(house.mail) == 2
    assert await found(house, owner, Text("agou"), "Archive") == [1, 2]
    assert await found(house, owner, Text("reunion")) == []


async def test_one_reading_serves_all_recipients(house: House, owner: str, reading: Reading) -> None:
    others = [f"01JACCOUNT000000000000010{number}" for number in range(4)]
    await house.deliver(MIXED, owner, *others, prefix=b"Delivered-To: x@gouv.tg\r\n")
    assert await index_due(house.mail) == 5
    assert reading.times == 1
    assert await found(house, others[3], Text("agou")) == [1]


async def test_a_round_asks_once_what_is_due_and_leaves_the_rest_to_the_next(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        await house.deliver(letter(f"Bordereau {number}", "texte"), owner)
    rounds = sys.modules["services.mail.usecases.index_terms"]
    monkeypatch.setattr(rounds, "AT_ONCE", 2)
    monkeypatch.setattr(rounds, "ROUND", 3)
    asked: list[int] = []
    due, keep = house.mail.store.indexing.due, house.mail.store.indexing.keep
    together: list[int] = []

    def counting(*args: Any) -> Any:
        asked.append(1)
        return due(*args)

    async def keeping(terms: Any) -> None:
        together.append(len(terms))
        await keep(terms)

    monkeypatch.setattr(house.mail.store.indexing, "due", counting)
    monkeypatch.setattr(house.mail.store.indexing, "keep", keeping)
    assert [await index_due(house.mail) for _ in range(3)] == [3, 2, 0]
    assert (len(asked), together) == (3, [2, 1, 2])


async def test_a_round_that_dies_begins_again(house: House, owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await two_letters(house, owner)

    async def dying(*_: object) -> None:
        raise ConnectionResetError("the process dies here")

    with monkeypatch.context() as dead:
        dead.setattr(house.mail.store.indexing, "keep", dying)
        with pytest.raises(ConnectionResetError):
            await index_due(house.mail)
    assert await index_due(house.mail) == 2
    assert await found(house, owner, Text("agou")) == [2]


async def test_what_cannot_be_read_is_tried_later_and_what_is_lost_is_given_up(
    house: House, owner: str, reading: Reading
) -> None:
    await two_letters(house, owner)
    reading.error = Unavailable("the object store is away")
    assert await index_due(house.mail) == 0
    assert await index_due(house.mail) == 0
    assert reading.times == 2
    house.clock.advance(seconds=LATER.total_seconds())
    reading.error = NotFound("lost")
    assert await index_due(house.mail) == 2
    reading.times = 0
    assert await found(house, owner, Text("agou")) == []
    assert reading.times == 0


async def test_a_letter_that_we_cannot_read_by_our_own_mistake_keeps_none_from_being_read(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.deliver(letter("Piège", "texte"), owner)
    await two_letters(house, owner)
    rounds = sys.modules["services.mail.usecases.index_terms"]

    async def mistaken(mail: Any, source: Any, known: Any) -> frozenset[str]:
        if source.uid == 1:
            raise ZeroDivisionError
        return await read_terms(mail, source, known)

    with monkeypatch.context() as poisoned:
        poisoned.setattr(rounds, "read_terms", mistaken)
        assert [await index_due(house.mail) for _ in range(2)] == [2, 0]
    house.clock.advance(seconds=LATER.total_seconds())
    assert await index_due(house.mail) == 1


async def test_a_message_without_octets_has_no_words_and_keeps_no_other_from_being_found(
    house: House, owner: str, reading: Reading
) -> None:
    await two_letters(house, owner)
    await index_due(house.mail)
    await house.deliver(letter("Perdue", "agou", X_Dossier="AB-17"), owner)
    reading.error = NotFound("lost")
    for _ in range(2):  # before its terms are kept, and after
        assert await found(house, owner, Text("agou")) == [2]
        assert await found(house, owner, Not(Text("agou"))) == [1, 3]
        assert await found(house, owner, Header("X-Dossier", "b-1")) == []
        await index_due(house.mail)


async def test_terms_that_are_lost_are_made_again_for_who_searches(house: House, owner: str, reading: Reading) -> None:
    await two_letters(house, owner)
    await house.database["messages"].update_many(
        {"owner": owner, "mailbox": (await house.box(owner)).id}, {"$unset": {"terms": "", "terms_due": ""}}
    )
    assert await index_due(house.mail) == 0
    assert await found(house, owner, Text("agou")) == [2]
    assert await index_due(house.mail) == 2
    reading.times = 0
    assert await found(house, owner, Text("agou")) == [2]
    assert reading.times == 0


async def test_of_a_letter_of_many_texts_each_is_found_by_one_reading(
    house: House, owner: str, reading: Reading
) -> None:
    parts = b"".join(b"--b\r\nContent-Type: text/plain\r\n\r\ntext %d\r\n" % number for number in range(300))
    header = b"From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    inbox = (await house.box(owner)).id
    await append(house.mail, owner, inbox, await house.content(header + parts + b"--b--\r\n"))
    reading.times = 0
    for words, expected in (("text 10", [1]), ("text 299", [1]), ("text 300", [])):
        assert await found(house, owner, Body(words)) == expected
    assert reading.times == 3
    assert await index_due(house.mail) == 1
    assert reading.times == 4
    assert await found(house, owner, Body("text 299")) == [1]
