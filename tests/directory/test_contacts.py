"""Personal address books by directory's rpcs: what is kept, found, told to those who come back, and refused."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.field_mask_pb2 import FieldMask
from workspace.directory.v1 import contacts_pb2 as pb

from chassis.errors import AlreadyExists, Conflict, InvalidInput, NotFound, PreconditionFailed, TooLarge
from chassis.rpc import translated
from services.directory.domain import contacts as limits
from services.directory.usecases import import_contacts
from services.directory.usecases.delete_address_book import erase_contacts
from services.directory.usecases.forget_card_deletions import forget_card_deletions
from tests.directory.cards import card
from tests.directory.conftest import Land, Person, Stack

BOOK = "contacts"


class Books:
    """A person's address books, as the gateway asks for them."""

    def __init__(self, stack: Stack, person: Person) -> None:
        self.rpc, self.said = stack.gateway.contacts, person.said

    async def put(self, name: str, vcard: bytes, book: str = BOOK, **precondition: list[str]) -> pb.PutCardResponse:
        request = pb.PutCardRequest(address_book_id=book, name=name, vcard=vcard)
        request.precondition.CopyFrom(pb.Precondition(**precondition))
        return await self.rpc.PutCard(request, **self.said)

    async def read(self, *names: str, book: str = BOOK) -> dict[str, bytes]:
        request = pb.ReadCardsRequest(address_book_id=book, names=names, with_vcard=True)
        with translated():
            return {found.name: found.vcard async for found in self.rpc.ReadCards(request, **self.said)}

    async def delete(self, name: str, book: str = BOOK, **precondition: list[str]) -> None:
        request = pb.DeleteCardRequest(address_book_id=book, name=name, precondition=pb.Precondition(**precondition))
        await self.rpc.DeleteCard(request, **self.said)

    async def changes(self, token: str = "", limit: int = 0, book: str = BOOK) -> pb.ListCardChangesResponse:
        request = pb.ListCardChangesRequest(address_book_id=book, sync_token=token, limit=limit)
        return await self.rpc.ListCardChanges(request, **self.said)

    async def books(self) -> list[pb.AddressBook]:
        return list((await self.rpc.ListAddressBooks(pb.ListAddressBooksRequest(), **self.said)).address_books)

    async def move(self, name: str, to_name: str, to_book: str = BOOK, **more: bool) -> pb.MoveCardResponse:
        request = pb.MoveCardRequest(
            address_book_id=BOOK, name=name, to_address_book_id=to_book, to_name=to_name, **more
        )
        return await self.rpc.MoveCard(request, **self.said)

    async def listed(self, query: str = "", size: int = 0) -> list[str]:
        request, found = pb.ListContactsRequest(address_book_id=BOOK, query=query, page_size=size), []
        while True:
            page = await self.rpc.ListContacts(request, **self.said)
            found += [contact.display_name for contact in page.contacts]
            request.page_token = page.next_page_token
            if not request.page_token:
                return found


@pytest.fixture
async def mine(stack: Stack, land: Land) -> Books:
    books = Books(stack, land.economy_agent)
    await books.books()
    return books


async def test_the_first_address_book_is_made_once_when_it_is_needed(stack: Stack, land: Land) -> None:
    books = Books(stack, land.economy_agent)
    found = await asyncio.gather(*(books.books() for _ in range(10)))
    assert {tuple((book.id, book.name) for book in each) for each in found} == {((BOOK, "Contacts"),)}


async def test_a_vcard_is_kept_octet_for_octet(mine: Books) -> None:
    odd = card("Été", "u1", 'X-ODD;TYPE="a,b":  1 \\, ', "KIND:group", "MEMBER:urn:uuid:2", version="4.0")
    odd = odd.replace(b"\r\n", b"\n")
    answer = await mine.put("odd.vcf", odd)
    assert answer.created
    assert await mine.read() == {"odd.vcf": odd}
    assert not (await mine.put("odd.vcf", odd)).created


async def test_etags_guard_against_lost_updates(mine: Books) -> None:
    first = await mine.put("a.vcf", card("Un", "u1"), if_none_match=["*"])
    with pytest.raises(PreconditionFailed):
        await mine.put("a.vcf", card("Deux", "u1"), if_none_match=["*"])
    second = await mine.put("a.vcf", card("Deux", "u1"), if_match=[first.etag])
    for stale in (mine.put("a.vcf", card("Trois", "u1"), if_match=[first.etag]), mine.delete("a.vcf", if_match=["x"])):
        with pytest.raises(PreconditionFailed):
            await stale
    with pytest.raises(PreconditionFailed):
        await mine.put("b.vcf", card(), if_match=["*"])
    await mine.delete("a.vcf", if_match=[second.etag])
    with pytest.raises(NotFound):
        await mine.delete("a.vcf")


async def test_of_many_who_change_one_state_one_wins(mine: Books) -> None:
    etag = (await mine.put("a.vcf", card("Zéro", "u1"))).etag
    tried = [mine.put("a.vcf", card(f"Essai {n}", "u1"), if_match=[etag]) for n in range(8)]
    outcomes = await asyncio.gather(*tried, return_exceptions=True)
    assert sum(isinstance(outcome, pb.PutCardResponse) for outcome in outcomes) == 1
    assert all(isinstance(o, pb.PutCardResponse | PreconditionFailed | Conflict) for o in outcomes)


async def test_a_uid_is_one_contacts_within_a_book(mine: Books) -> None:
    await mine.put("a.vcf", card("Un", "u1"))
    with pytest.raises(AlreadyExists) as refused:
        await mine.put("b.vcf", card("Deux", "u1"))
    assert refused.value.fields == {"uid": "a.vcf"}
    await mine.put("a.vcf", card("Un", "u2"))
    await mine.put("b.vcf", card("Deux", "u1"))


async def test_what_changed_is_told_from_a_cursor_on(mine: Books) -> None:
    start = await mine.changes()
    for name in "abc":
        await mine.put(f"{name}.vcf", card(name, f"uid-{name}"))
    after = await mine.changes(start.sync_token)
    assert ([c.name for c in after.changed], list(after.removed), after.more) == (
        ["a.vcf", "b.vcf", "c.vcf"],
        [],
        False,
    )
    await mine.delete("a.vcf")
    await mine.put("b.vcf", card("changé", "uid-b"))
    later = await mine.changes(after.sync_token)
    assert ([c.name for c in later.changed], list(later.removed)) == (["b.vcf"], ["a.vcf"])
    assert await mine.changes(later.sync_token) == pb.ListCardChangesResponse(sync_token=later.sync_token)
    await mine.put("a.vcf", card("revenu", "uid-a"))
    again = await mine.changes(after.sync_token)
    assert ([c.name for c in again.changed], list(again.removed)) == (["b.vcf", "a.vcf"], [])


async def test_a_limit_cuts_changes_into_pieces_that_make_the_whole(mine: Books) -> None:
    for number in range(7):
        await mine.put(f"{number}.vcf", card(str(number)))
    token = (await mine.changes(limit=3)).sync_token
    await mine.delete("0.vcf")
    await mine.move("1.vcf", "9.vcf")
    changed, removed, more = set(), set(), True
    while more:
        piece = await mine.changes(token, limit=2)
        assert len(piece.changed) + len(piece.removed) <= 2
        changed |= {each.name for each in piece.changed}
        removed |= set(piece.removed)
        token, more = piece.sync_token, piece.more
    assert (changed, removed) == ({"3.vcf", "4.vcf", "5.vcf", "6.vcf", "9.vcf"}, {"0.vcf", "1.vcf"})


async def test_a_cursor_of_something_else_is_refused(mine: Books) -> None:
    for token in ("x", "-", "-1", "foreign-1", "¹-¹", "a" * 500):
        with pytest.raises(PreconditionFailed) as refused:
            await mine.changes(token)
        assert "sync_token" in refused.value.fields


async def test_forgotten_deletions_and_remade_books_end_old_cursors(stack: Stack, mine: Books) -> None:
    await mine.put("a.vcf", card())
    old = (await mine.changes()).sync_token
    await mine.delete("a.vcf")
    recent = (await mine.changes()).sync_token
    stack.clock.pass_by(days=181)
    assert await forget_card_deletions(stack.directory) == 1
    with pytest.raises(PreconditionFailed):
        await mine.changes(old)
    assert not (await mine.changes(recent)).removed
    await mine.rpc.DeleteAddressBook(pb.DeleteAddressBookRequest(id=BOOK), **mine.said)
    await mine.books()
    with pytest.raises(PreconditionFailed):
        await mine.changes(recent)


async def test_contacts_are_moved_and_copied_between_books(mine: Books) -> None:
    book = pb.AddressBook(id="travail", name="Travail")
    await mine.rpc.CreateAddressBook(pb.CreateAddressBookRequest(address_book=book), **mine.said)
    await mine.put("a.vcf", card("Un", "u1"))
    assert (await mine.move("a.vcf", "b.vcf", "travail", copy=True)).created
    assert set(await mine.read()) == {"a.vcf"}
    assert set(await mine.read(book="travail")) == {"b.vcf"}
    with pytest.raises(PreconditionFailed):
        await mine.move("a.vcf", "b.vcf", "travail")
    assert not (await mine.move("a.vcf", "b.vcf", "travail", overwrite=True)).created
    assert await mine.read() == {}
    counts = {each.id: each.contacts for each in await mine.books()}
    assert counts == {BOOK: 0, "travail": 1}


async def test_contacts_are_listed_and_found_by_the_beginnings_of_words(mine: Books) -> None:
    names = ["Élise Kossi", "Agent du Trésor", "Zénabou", "agent de santé", "Ève"]
    for number, name in enumerate(names):
        await mine.put(f"{number}.vcf", card(name, "", f"TEL:+228 90 00 00 0{number}", "EMAIL:x@sante.gouv.tg"))
    assert await mine.listed(size=2) == ["agent de santé", "Agent du Trésor", "Élise Kossi", "Ève", "Zénabou"]
    assert await mine.listed("AGENT") == ["agent de santé", "Agent du Trésor"]
    assert await mine.listed("tres ag") == ["Agent du Trésor"]
    assert await mine.listed("agent", size=1) == ["agent de santé", "Agent du Trésor"]
    assert await mine.listed("2289000000") == await mine.listed()
    assert await mine.listed("gent") == []
    assert await mine.listed("¿?") == []


async def test_a_contact_is_noted_and_changed_by_a_form(mine: Books) -> None:
    given = pb.Contact(
        display_name="Guichet unique", emails=[pb.Labelled(value="guichet@gouv.tg", type="work")], note="a\nb"
    )
    made = await mine.rpc.CreateContact(pb.CreateContactRequest(address_book_id=BOOK, contact=given), **mine.said)
    assert (made.display_name, made.note, made.kind) == ("Guichet unique", "a\nb", "individual")
    assert made.vcard.startswith("BEGIN:VCARD\r\nVERSION:3.0\r\n")
    wanted = pb.Contact(id=made.id, etag=made.etag, phones=[pb.Labelled(value="+228 22", type="work")])
    request = pb.UpdateContactRequest(contact=wanted, update_mask=FieldMask(paths=["phones", "etag"]))
    changed = await mine.rpc.UpdateContact(request, **mine.said)
    assert (changed.phones[0].value, changed.emails[0].value) == ("+228 22", "guichet@gouv.tg")
    with pytest.raises(PreconditionFailed):
        await mine.rpc.UpdateContact(request, **mine.said)
    await mine.rpc.DeleteContact(pb.DeleteContactRequest(id=made.id), **mine.said)
    with pytest.raises(NotFound):
        await mine.rpc.GetContact(pb.GetContactRequest(id=made.id), **mine.said)


async def test_a_form_with_faults_names_them(mine: Books) -> None:
    for contact, field in (
        (pb.Contact(), "display_name"),
        (pb.Contact(display_name="a\nb"), "display_name"),
        (pb.Contact(display_name="a", emails=[pb.Labelled()]), "emails"),
        (pb.Contact(display_name="a", phones=[pb.Labelled(value="1", type="a;b")]), "phones"),
        (pb.Contact(display_name="a", vcard="BEGIN:VCARD"), "vcard"),
        (pb.Contact(vcard="BEGIN:VCARD"), "vcard"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await mine.rpc.CreateContact(pb.CreateContactRequest(address_book_id=BOOK, contact=contact), **mine.said)
        assert set(refused.value.fields) == {field}


async def requests(
    octets: bytes, *, validate_only: bool = False, last: bool = True
) -> AsyncIterator[pb.ImportContactsRequest]:
    yield pb.ImportContactsRequest(address_book_id=BOOK, validate_only=validate_only, file=HttpBody(data=octets[:100]))
    yield pb.ImportContactsRequest(file=HttpBody(data=octets[100:]), last=last)


async def test_a_file_is_imported_card_by_card_and_again_with_nothing_to_do(mine: Books) -> None:
    without_uid = b"BEGIN:VCARD\nVERSION:3.0\nFN:Sans identifiant\nEND:VCARD\n"
    file = b"\xef\xbb\xbf" + card("Un", "u1") + card("Deux", version="2.1") + without_uid + b"\r\nrubbish"
    outcomes = ["created", "refused", "created", "refused"]
    tried = await mine.rpc.ImportContacts(requests(file, validate_only=True), **mine.said)
    assert [fate.outcome for fate in tried.cards] == outcomes
    assert await mine.listed() == []
    done = await mine.rpc.ImportContacts(requests(file), **mine.said)
    assert [fate.outcome for fate in done.cards] == outcomes
    assert [fate.position for fate in done.cards] == [1, 2, 3, 4]
    assert "VERSION" in done.cards[1].reason
    assert (done.created, done.updated, done.unchanged, done.refused) == (2, 0, 0, 2)
    again = await mine.rpc.ImportContacts(requests(file.replace(b"FN:Un", b"FN:Un autre")), **mine.said)
    assert (again.created, again.updated, again.unchanged) == (0, 1, 1)
    assert await mine.listed() == ["Sans identifiant", "Un autre"]


async def test_a_file_cut_off_or_without_a_card_is_refused(mine: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    for file, last in ((card(), False), (b"   ", True)):
        with pytest.raises(InvalidInput), translated():
            await mine.rpc.ImportContacts(requests(file, last=last), **mine.said)
    monkeypatch.setattr(import_contacts, "MAX_FILE", 150)
    with pytest.raises(TooLarge), translated():
        await mine.rpc.ImportContacts(requests(card() * 10), **mine.said)
    assert await mine.listed() == []


async def test_an_export_is_what_was_given_and_can_be_imported(mine: Books) -> None:
    cards = {f"{n}.vcf": card(f"Contact {n}") for n in range(120)}
    for name, vcard in cards.items():
        await mine.put(name, vcard)

    async def exported(offset: int = 0, length: int = 0) -> bytes:
        request = pb.ExportContactsRequest(address_book_id=BOOK, offset=offset, length=length)
        with translated():
            call = mine.rpc.ExportContacts(request, **mine.said)
            return b"".join([body.data async for body in call])

    whole = await exported()
    assert whole == b"".join(vcard + b"\r\n" for vcard in cards.values())
    assert await exported(5_000, 9_000) == whole[5_000:14_000]
    again = await mine.rpc.ImportContacts(requests(whole), **mine.said)
    assert (again.unchanged, again.refused) == (120, 0)


async def test_books_are_bounded(mine: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.directory.usecases.put_card.MAX_CONTACTS", 2)
    await mine.put("a.vcf", card("a", "ua"))
    await mine.put("b.vcf", card())
    with pytest.raises(PreconditionFailed) as refused:
        await mine.put("c.vcf", card())
    assert refused.value.fields == {"address_book": "full"}
    await mine.put("a.vcf", card("autre", "ua"))
    monkeypatch.setattr("services.directory.usecases.put_card.MAX_BOOK_OCTETS", 300)
    with pytest.raises(PreconditionFailed):
        await mine.put("a.vcf", card("autre", "ua", "NOTE:" + "x" * 300))
    for number in range(limits.MAX_BOOKS - 1):
        book = pb.AddressBook(name=f"Carnet {number}")
        await mine.rpc.CreateAddressBook(pb.CreateAddressBookRequest(address_book=book), **mine.said)
    book = pb.AddressBook(name="Un de trop")
    with pytest.raises(PreconditionFailed):
        await mine.rpc.CreateAddressBook(pb.CreateAddressBookRequest(address_book=book), **mine.said)


async def test_what_a_person_noted_is_erased_with_the_person(stack: Stack, land: Land, mine: Books) -> None:
    other = Books(stack, land.health_agent)
    await other.books()
    await other.put("kept.vcf", card())
    await mine.put("a.vcf", card())
    await mine.delete("a.vcf")
    await mine.put("b.vcf", card())
    owner = land.economy_agent.account.id
    assert await erase_contacts(stack.directory, owner) == 1
    for collection in ("address_books", "contacts", "contact_tombstones"):
        assert await stack.database[collection].count_documents({"owner": owner}) == 0
    assert set(await other.read()) == {"kept.vcf"}
