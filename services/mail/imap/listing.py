"""FETCH of what never changes, and of flags: the lines of many messages made at once."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from services.mail.domain.flags import Flags
from services.mail.domain.message import FetchRow, FetchRows
from services.mail.domain.mime.usual import Picker
from services.mail.imap.codec import write
from services.mail.imap.codec.commands import Item, Section
from services.mail.imap.sections import named
from services.mail.imap.selected import Selected

_TEMPLATES = {
    Item.UID: b"UID %d",
    Item.FLAGS: b"FLAGS %b",
    Item.MODSEQ: b"MODSEQ (%d)",
    Item.INTERNALDATE: b"INTERNALDATE %b",
    Item.SIZE: b"RFC822.SIZE %d",
    Item.ENVELOPE: b"ENVELOPE %b",
    Item.BODYSTRUCTURE: b"BODYSTRUCTURE %b",
}
# What is read of the store: the columns of rows by what is asked for.
_COLUMNS = {
    Item.INTERNALDATE: "internal_dates",
    Item.SIZE: "sizes",
    Item.ENVELOPE: "envelopes",
    Item.BODYSTRUCTURE: "bodystructures",
}


@lru_cache(maxsize=4096)
def _flags(flags: Flags) -> bytes:
    return write.flags(flags)


class Listing:
    """Some items of the messages of a selected mailbox."""

    items = frozenset(_TEMPLATES)

    def __init__(self, selected: Selected, items: Sequence[Item | Section]) -> None:
        """Sections: those that are `usual`."""
        self._selected, self._items = selected, items
        self._templates = {item: _template(item) for item in items}
        self._pickers = {item: Picker(named(item)) for item in items if isinstance(item, Section)}
        self._line = b"* %%d FETCH (%b)\r\n" % b" ".join(self._templates.values())

    @property
    def columns(self) -> set[str]:
        """What is read of the store; the session knows the rest by itself."""
        return {"usual" if isinstance(item, Section) else _COLUMNS.get(item, "") for item in self._items} - {""}

    def placed(self, rows: FetchRows) -> tuple[Sequence[int], FetchRows]:
        """Where rows stand in the mailbox; without those of messages that the session does not know."""
        first, uids = self._selected.place(rows.uids[0]) if rows.uids else None, self._selected.uids
        if first is not None and uids[first : first + len(rows.uids)] == rows.uids:
            return range(first, first + len(rows.uids)), rows
        places = {uid: place for uid in rows.uids if (place := self._selected.place(uid)) is not None}
        return list(places.values()), FetchRows.of([row for row in rows if row.uid in places])

    def lines(self, places: Sequence[int], rows: FetchRows | None) -> bytes:
        """The responses for messages at `places`, whose rows are given where an item is of them."""
        columns = [self._column(item, places, rows) for item in self._items]
        return b"".join(map(self._line.__mod__, zip((place + 1 for place in places), *columns, strict=True)))

    def told(self, place: int, row: FetchRow | None) -> list[bytes]:
        """The items of one message."""
        rows = None if row is None else FetchRows.of([row])
        return [self._templates[item] % self._column(item, (place,), rows)[0] for item in self._items]

    def _column(self, item: Item | Section, places: Sequence[int], rows: FetchRows | None) -> Sequence[Any]:
        selected = self._selected
        match item, rows:
            case Item.UID, _:
                return [selected.uids[place] for place in places]
            case Item.FLAGS, _:
                return [_flags(selected.flags[place]) for place in places]
            case Item.MODSEQ, _:
                return [selected.modseqs[place] for place in places]
            case Item.INTERNALDATE, FetchRows():
                return rows.internal_dates
            case Item.SIZE, FetchRows():
                return rows.sizes
            case Item.ENVELOPE, FetchRows():
                return rows.envelopes
            case Item.BODYSTRUCTURE, FetchRows():
                return rows.bodystructures
            case Section(), FetchRows():
                return [b"{%d}\r\n%b" % (len(told), told) for told in map(self._pickers[item], rows.usual)]
        raise LookupError(f"{item} is not of a listing, or its rows were not read")


def _template(item: Item | Section) -> bytes:
    return item.label.replace(b"%", b"%%") + b" %b" if isinstance(item, Section) else _TEMPLATES[item]
