"""The national address book, read-only: asked by what one types, and never listed.

It is a directory gateway (draft-daboo-carddav-directory-gateway): clients that know of such offer it beside the
person's own; others find it empty until they search.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from workspace.directory.v1 import addressbook_pb2 as people_pb
from workspace.directory.v1 import contacts_pb2 as pb
from workspace.directory.v1 import photos_pb2 as photos_pb

from chassis.errors import Forbidden, NotFound, Unavailable
from chassis.rpc import translated
from gateway.edges.dav.access import owned
from gateway.edges.dav.carddav import rules
from gateway.edges.dav.carddav.address_data import address_data
from gateway.edges.dav.carddav.people import person_member
from gateway.edges.dav.carddav.query import addressbook_multiget, addressbook_query
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import DavError, needs
from gateway.edges.dav.headers import Conditions
from gateway.edges.dav.kinds import Changes, Collection, Described, Member, Report, Written
from gateway.edges.dav.names import carddav, dav
from gateway.edges.dav.writing import Live, Value

NAME = "annuaire"
TITLE = "Annuaire de l'administration"
# What people are searched by; a filter upon anything else finds nobody.
SEARCHED = frozenset({"FN", "N", "EMAIL", "NICKNAME", "ORG", "TITLE", "TEL"})
MAX_TEXTS = 4
MOST = 50
MAX_NAMED = 200
PHOTO_PIXELS = 192


class NationalAddressBook:
    """Asks `AddressBookService` in the name of whoever asks."""

    name = NAME
    title = TITLE
    resource_types = (rules.ADDRESS_BOOK, carddav("directory"))
    sync_token = ""
    largest = rules.LARGEST
    size_condition = rules.SIZE_CONDITION
    settable: frozenset[str] = frozenset()
    content_properties = frozenset({carddav("address-data")})
    dead: Mapping[str, str] = {}
    reports: Mapping[str, Report] = {
        carddav("addressbook-query"): addressbook_query,
        carddav("addressbook-multiget"): addressbook_multiget,
    }
    most = MOST

    def __init__(self, people: Any, photos: Any, address: str) -> None:
        """`address` is whose home it is shown in."""
        self._people, self._photos = people, photos
        self.access = owned(address, writable=False)

    @property
    def live(self) -> Mapping[str, Live]:
        return rules.supported()

    def content_property(self, member: Member, asked: Element) -> Value:
        return address_data(member.content or b"", asked)

    async def members(self, names: Sequence[str] = (), *, content: bool = False) -> AsyncIterator[Member]:
        """Those named; nobody where none is: the nation is not listed."""
        if len(names) > MAX_NAMED:
            raise DavError(403, f"At most {MAX_NAMED} people at once", condition=dav("number-of-matches-within-limits"))
        for name in names:
            try:
                person = await self._people.GetPerson(people_pb.GetPersonRequest(id=name.removesuffix(".vcf")))
            except NotFound:
                continue
            member = await self._member(person, content=content)
            if member.name == name:
                yield member

    async def matching(self, wanted: pb.CardFilter, limit: int, *, content: bool) -> AsyncIterator[Member]:
        """People found by the texts of a filter, as search finds them: without case and accents, near misses last."""
        found: dict[str, Member] = {}
        for text in texts_of(wanted):
            request = people_pb.SearchPeopleRequest(query=text, page_size=MOST)
            answer = await self._people.SearchPeople(request)
            new = [person for person in answer.people if person.id not in found]
            found |= {person.id: await self._member(person, content=content) for person in new}
        for member in list(found.values())[: limit or None]:
            yield member

    async def _member(self, person: people_pb.Person, *, content: bool) -> Member:
        """With its photo, also where no content is asked for: the etag is of the whole."""
        photo = await self._photo(person) if person.photo_etag else b""
        return person_member(person, photo, content=content)

    async def _photo(self, person: people_pb.Person) -> bytes:
        """Empty while it cannot be read: a card without its photo is still a card."""
        call = self._photos.GetPhoto(photos_pb.GetPhotoRequest(account_id=person.id, size=PHOTO_PIXELS))
        try:
            with translated():
                return b"".join([body.data async for body in call])
        except (NotFound, Unavailable):
            return b""

    async def put(self, name: str, content: bytes, media_type: str, conditions: Conditions) -> Written:
        raise needs(name)

    async def delete(self, name: str, conditions: Conditions) -> None:
        raise needs(name)

    async def transfer(
        self, name: str, to: Collection, to_name: str, *, overwrite: bool, copy: bool, conditions: Conditions
    ) -> bool:
        """A person is copied into one's own address book as a contact."""
        if not copy:
            raise needs(name)
        absent = Conditions() if overwrite else Conditions(if_none_match=("*",))
        async for member in self.members([name], content=True):
            return (await to.put(to_name, member.content or b"", "text/vcard", absent)).created
        raise NotFound("There is nobody of this name")

    async def changes(self, token: str, limit: int) -> Changes:
        raise DavError(403, "It is not synchronised", condition=dav("supported-report"))

    async def describe(self, wanted: Described, conditions: Conditions) -> None:
        raise needs(NAME)

    async def remove(self, conditions: Conditions) -> None:
        raise Forbidden("It stays")


def texts_of(wanted: pb.CardFilter) -> list[str]:
    """What a filter seeks, each text once. A filter without any asks for everybody, and gets nobody."""
    texts = [
        text.text.strip()[:200]
        for each in wanted.properties
        if each.name.upper().rpartition(".")[2] in SEARCHED and not each.absent
        for text in each.texts
        if not text.negated
    ]
    return [text for text in dict.fromkeys(texts) if text][:MAX_TEXTS]
