"""What the address book holds of a person, packed: 70,000 of them take some 20 MB."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from services.directory.domain.accounts import PERSON, Account
from services.directory.domain.book.folding import known_words, words_of
from services.directory.domain.text import sorting_key

# No name has control characters (`domain/text.py`), so that they can stand between fields.
_FIELD, _PART = "\x1e", "\x1f"


class Entry(NamedTuple):
    """A person as listed. `unit_path` holds the ids of the units from the root."""

    id: str
    address: str
    aliases: tuple[str, ...]
    # Addresses of the functions that the person holds.
    functions: tuple[str, ...]
    display_name: str
    given_name: str
    family_name: str
    title: str
    grade: str
    place: str
    phone: str
    mobile: str
    language: str
    # The etag of the photo.
    photo: str
    unit_path: tuple[str, ...]
    staff_number: str
    created_at: str
    # The last: what nobody is found by, and changes with every change.
    changed_at: str

    @property
    def unit_id(self) -> str:
        return self.unit_path[-1] if self.unit_path else ""

    @property
    def sorting_key(self) -> str:
        return sorting_key(self.display_name)

    def packed(self) -> bytes:
        texts = (_PART.join(each) if isinstance(each, tuple) else each for each in self)
        return _FIELD.join(texts).encode("utf-8")

    def own_words(self) -> Iterable[str]:
        """By which the person is found, but for what others have alike: title and units' names; and telephones."""
        found: dict[str, None] = {}
        for text in (self.display_name, self.given_name, self.family_name):
            found.update(dict.fromkeys(known_words(text)))
        for address in (self.address, *self.aliases, *self.functions):
            local, _, domain = address.partition("@")
            found.update(dict.fromkeys((*words_of(local), *known_words(domain))))
        return found


_NAME = Entry._fields.index("display_name")
_TUPLES = tuple(place for place, field in enumerate(Entry._fields) if field in {"aliases", "functions", "unit_path"})


def same(row: bytes, other: bytes) -> bool:
    """Whether two rows differ in nothing but when they were written."""
    mark = _FIELD.encode()
    return row.rpartition(mark)[0] == other.rpartition(mark)[0]


def name_in(row: bytes) -> str:
    """The displayed name in a row, at a tenth of what reading the whole costs."""
    return row.split(_FIELD.encode(), _NAME + 1)[_NAME].decode("utf-8")


def unpacked(row: bytes) -> Entry:
    each: list[str | tuple[str, ...]] = list(row.decode("utf-8").split(_FIELD))
    for place in _TUPLES:
        text = str(each[place])
        each[place] = tuple(text.split(_PART)) if text else ()
    return Entry(*each)  # type: ignore[arg-type]


def listed(account: Account) -> Entry | None:
    """An account's entry; None for one that is not listed, wherever it stands."""
    if account.suspended or account.hidden or account.kind != PERSON:
        return None
    profile = account.profile
    return Entry(
        account.id, account.address, account.aliases, account.functions, account.display_name,
        profile.given_name, profile.family_name, profile.title, profile.grade, profile.place,
        profile.phone, profile.mobile, profile.language,
        account.photo.etag if account.photo is not None else "",
        account.unit_path, account.staff_number,
        _stamp(account.created_at), _stamp(account.changed_at or account.created_at),
    )  # fmt: skip


def _stamp(time: datetime) -> str:
    return time.strftime("%Y%m%d%H%M%SZ")
