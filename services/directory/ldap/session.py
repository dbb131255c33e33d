"""The state of one connection: who has bound, and what it is in the middle of."""

from dataclasses import dataclass, field
from datetime import datetime

from services.directory.domain.accounts import Account
from services.directory.domain.book import Book
from services.directory.ldap.codec.requests import Search
from services.directory.ldap.order import Order
from services.directory.ldap.ports import Gatherings, Opened, Options, Photo, Verify, Wire
from services.directory.ldap.tree import InformationTree


class Refused(Exception):
    """An operation that ends with a result other than success."""

    def __init__(self, code: int, text: str = "", matched: str = "") -> None:
        super().__init__(text)
        self.code, self.text, self.matched = code, text, matched
        # To go with the result.
        self.controls: tuple[bytes, ...] = ()


@dataclass
class Paged:
    """A search that goes on by pages: what is left of it in which order, and the cookie of the next page."""

    search: Search
    cookie: bytes
    left: list[str]
    order: Order | None = None


class Trees:
    """The information tree of the book at hand, made anew when its units change."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._of: tuple[Book, int] | None = None
        self._tree: InformationTree | None = None

    def of(self, book: Book) -> InformationTree:
        known = (book, book.units_generation)
        if self._tree is None or self._of is None or self._of[0] is not book or self._of[1] != known[1]:
            self._of, self._tree = known, InformationTree(book, self._base)
        return self._tree


@dataclass
class Session:
    """What operations know of their connection."""

    options: Options
    verify: Verify
    opened: Opened
    collectives: Gatherings
    photo: Photo
    trees: Trees
    wire: Wire
    # Who has bound, nobody while anonymous; and since when.
    account: Account | None = None
    since: datetime | None = None
    failed_logins: int = 0
    leaving: bool = False
    paged: Paged | None = None
    pages: int = field(default=0)

    def forget(self) -> None:
        """Anonymous again (RFC 4511 §4.2.1)."""
        self.account, self.since, self.paged = None, None, None
        self.wire.bound(None)
