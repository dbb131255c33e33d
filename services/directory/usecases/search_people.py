"""Find people in the address book as one types."""

from dataclasses import dataclass

from chassis.errors import InvalidInput
from services.directory.domain.accounts import Account
from services.directory.domain.book import BookUnit, Entry, search
from services.directory.usecases.authority import caller
from services.directory.usecases.context import Directory
from services.directory.usecases.paging import resume_after, token_after

MAX_QUERY = 200
PAGE, LARGEST_PAGE = 20, 50
LISTING = "people"
# Who wants more has to say more of whom they want.
DEEPEST = 500


@dataclass(frozen=True)
class Card:
    """A person with the units above, the staff number only where the caller may know it."""

    entry: Entry
    units: tuple[BookUnit, ...]
    staff_number: str


@dataclass(frozen=True)
class Page:
    """People in their order, how many there are, and the token of the next page."""

    people: list[Card]
    total: int
    token: str


async def search_people(directory: Directory, query: str, unit_id: str, size: int, token: str) -> Page:
    """A page of the people that a query means to the caller. Raises `InvalidInput`, `Unavailable`.

    A unit that does not exist holds nobody.
    """
    page = asked_page(LISTING, query, unit_id, size, token)
    asking = await caller(directory)
    book = await directory.phonebook.open()
    found = search(book, query, asking.unit_path, unit_id, page.skip, page.count)
    after = page.skip + len(found.entries)
    following = token_after(LISTING, page.asked, str(after)) if found.more and after < DEEPEST else ""
    cards = [card_of(asking, entry, book.path_of(entry.unit_path)) for entry in found.entries]
    return Page(cards, found.total, following)


def card_of(asking: Account, entry: Entry, units: list[BookUnit]) -> Card:
    """An entry as the one who asks may see it."""
    own = entry.id == asking.id or asking.administers(entry.unit_path)
    return Card(entry, tuple(units), entry.staff_number if own else "")


@dataclass(frozen=True)
class Asked:
    """What a page is asked of, how much of it to skip, and how many entries it has."""

    asked: str
    skip: int
    count: int


def asked_page(listing: str, query: str, unit_id: str, size: int, token: str) -> Asked:
    """Raises `InvalidInput`."""
    if len(query) > MAX_QUERY:
        raise InvalidInput("Nobody types so much", fields={"query": f"more than {MAX_QUERY} characters"})
    if size < 0:
        raise InvalidInput(f"A page has 1 to {LARGEST_PAGE} entries", fields={"page_size": "negative"})
    asked = f"{unit_id} {query}"
    return Asked(asked, _skipped(resume_after(token, listing, asked)), min(size or PAGE, LARGEST_PAGE))


def _skipped(position: str) -> int:
    if not position:
        return 0
    if not position.isascii() or not position.isdecimal() or len(position) > 3:
        raise InvalidInput("Not a token of this list", fields={"page_token": "foreign"})
    return int(position)
