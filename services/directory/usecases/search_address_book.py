"""Find people, functions and groups in the address book as one types."""

from dataclasses import dataclass

from services.directory.domain.book import Book, BookUnit, Collective, Entry, search_all
from services.directory.usecases.authority import caller
from services.directory.usecases.context import Directory
from services.directory.usecases.paging import token_after
from services.directory.usecases.search_people import DEEPEST, Card, asked_page, card_of

LISTING = "address-book"


@dataclass(frozen=True)
class Listed:
    """A function or a group with its units; of a function, the holders that are listed."""

    collective: Collective
    units: tuple[BookUnit, ...]
    holders: tuple[Entry, ...]


@dataclass(frozen=True)
class MixedPage:
    """What was found in its order, how many there are, and the token of the next page."""

    found: list[Card | Listed]
    total: int
    token: str


async def search_address_book(directory: Directory, query: str, unit_id: str, size: int, token: str) -> MixedPage:
    """A page of what a query means to the caller: of groups, those of units that it sees. Raises `InvalidInput`,
    `Unavailable`."""
    page = asked_page(LISTING, query, unit_id, size, token)
    asking = await caller(directory)
    people = await directory.phonebook.open()
    others = directory.phonebook.collectives
    seen = others.seen_by(asking)
    among = [(people, people.everybody), (others.book, seen)]
    if unit_id:
        among = [(book, numbers & book.members(unit_id)) for book, numbers in among]
    found = search_all(among, query, asking.unit_path, page.skip, page.count)
    cards: list[Card | Listed] = []
    for place, entry in found.entries:
        collective = others.of(entry.id) if place else None
        if collective is not None:
            cards.append(_listed(people, collective))
        elif not place:
            cards.append(card_of(asking, entry, people.path_of(entry.unit_path)))
    after = page.skip + len(found.entries)
    following = token_after(LISTING, page.asked, str(after)) if found.more and after < DEEPEST else ""
    return MixedPage(cards, found.total, following)


def _listed(people: Book, collective: Collective) -> Listed:
    standing = collective.function.standing if collective.function is not None else ()
    numbers = [people.number_of(each) for each in standing]
    holders = tuple(people.entry(number) for number in numbers if number is not None)
    return Listed(collective, tuple(people.path_of(collective.unit_path)), holders)
