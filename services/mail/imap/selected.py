"""A selected mailbox as its session last told it: message numbers, and what changed since (RFC 3501 §7.4.1)."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.mail.domain.flags import Flags
from services.mail.domain.message import Changes, FlagRow, Stored, View
from services.mail.domain.rights import ALL, Rights
from services.mail.domain.uids import Range, UidSet, merged, ranges_of, without
from services.mail.imap.codec.errors import BadSyntax
from services.mail.imap.codec.sequences import SequenceSet
from services.mail.imap.resting import WORTH_PACKING, Packed


@dataclass(slots=True)
class News:
    """What the client is to be told, in this order."""

    # Message numbers, each as it is when those before it in the list are gone.
    expunged: list[int] = field(default_factory=list)
    # The same by UID.
    vanished: list[Range] = field(default_factory=list)
    # How many messages there are, when that grew.
    exists: int | None = None
    # Places (from 0) of messages whose flags changed.
    changed: list[int] = field(default_factory=list)


class Selected:
    """Message numbers are places in `uids`, plus one. A message keeps its number until its expunge was told."""

    __slots__ = (
        "_packed", "_vanished", "cursor", "flags", "mailbox_id", "modseqs", "owner", "read_only", "rights", "saved",
        "uid_next", "uid_validity", "uids",
    )  # fmt: skip

    def __init__(self, mailbox_id: str, view: View, *, read_only: bool, owner: str, rights: Rights = ALL) -> None:
        self.mailbox_id = mailbox_id
        self.owner = owner
        # What may be done in it now: somebody else's may be shared otherwise than when it was selected.
        self.rights = rights
        self.read_only = read_only
        self.uid_validity = view.uid_validity
        self.uid_next = view.uid_next
        self.uids = view.uids
        self.flags = view.flags
        self.modseqs = view.modseqs
        self.cursor = view.modseq
        self._vanished: list[Range] = []
        self._packed: Packed | None = None
        # UIDs of what the last search saved (RFC 5182).
        self.saved: list[Range] = []

    def may(self, *needed: str) -> bool:
        """Whether its messages may be changed so."""
        return not self.read_only and self.rights.issuperset(needed)

    def __len__(self) -> int:
        return len(self.uids)

    def place(self, uid: int) -> int | None:
        """Where a UID stands, from 0."""
        at = bisect_left(self.uids, uid)
        return at if at < len(self.uids) and self.uids[at] == uid else None

    def spans(self, numbers: SequenceSet, *, uid: bool) -> list[range]:
        """The places that a set names, ascending. Raises `BadSyntax` for a message number that is not in use."""
        count = len(self.uids)
        if uid or numbers.saved:
            ranges = self.saved if numbers.saved else numbers.resolved(self.uids[-1] if count else 0)
            found = [range(bisect_left(self.uids, low), bisect_right(self.uids, high)) for low, high in ranges]
            return [span for span in found if span]
        ranges = numbers.resolved(count)
        if (ranges and ranges[-1][1] > count) or (not count and numbers.from_star is not None):
            raise BadSyntax("No message has that number")
        return [range(low - 1, high) for low, high in ranges]

    def uid_ranges(self, spans: Sequence[range]) -> list[Range]:
        """UIDs of whole spans; nothing else can stand between two neighbours."""
        return merged((self.uids[span[0]], self.uids[span[-1]]) for span in spans if span)

    def missing(self, ranges: Sequence[Range]) -> list[Range]:
        """Of some UIDs those that no message here has."""
        uids = self.uids
        spans = ((bisect_left(uids, first), bisect_right(uids, last)) for first, last in ranges)
        return without(ranges, ranges_of(uid for start, end in spans for uid in uids[start:end]))

    def deleted_ranges(self, within: Sequence[range] | None = None) -> list[Range]:
        """UIDs that the session knows to be \\Deleted, of all messages or of some places."""
        spans = (range(len(self.uids)),) if within is None else within
        return ranges_of(self.uids[place] for span in spans for place in span if "\\Deleted" in self.flags[place])

    def rest(self) -> None:
        """Take little room until `wake`: no message is known meanwhile."""
        if self._packed is None and len(self.uids) >= WORTH_PACKING:
            self._packed = Packed.of(self.uids, self.flags, self.modseqs)
            self.uids, self.flags, self.modseqs = array("I"), [], array("Q")

    def wake(self) -> None:
        """Know again what was known."""
        if self._packed is not None:
            (self.uids, self.flags, self.modseqs), self._packed = self._packed.unpacked(), None

    @property
    def untold(self) -> bool:
        """Whether expunges wait to be told."""
        return bool(self._vanished)

    def take(self, stored: Stored) -> list[int]:
        """Learn what this session itself has changed; gives the places. Its own change is all there is to know of when
        nobody made one before it."""
        if stored.wrote and stored.modseq == self.cursor + 1:
            self.cursor = stored.modseq
        places = []
        for row in stored.messages:
            place = self.place(row.uid)
            if place is not None:
                self.flags[place], self.modseqs[place] = row.flags, row.modseq
                places.append(place)
        return places

    def apply(self, changes: Changes, *, expunges: bool) -> News:
        """Learn what happened; without `expunges`, those wait to be told (RFC 3501 §7.4.1)."""
        news = News()
        self._vanished += changes.vanished
        self.cursor = max(self.cursor, changes.modseq)
        self.uid_next = max(self.uid_next, changes.uid_next)
        before = len(self.uids)
        last = self.uids[-1] if before else 0
        changed = []
        for row in changes.changed:
            if row.uid > last:
                self.uids.append(row.uid)
                self.flags.append(row.flags)
                self.modseqs.append(row.modseq)
                last = row.uid
                continue
            place = self.place(row.uid)
            if place is not None and row.modseq > self.modseqs[place]:
                self.flags[place], self.modseqs[place] = row.flags, row.modseq
                changed.append(row.uid)
        if len(self.uids) > before:
            news.exists = len(self.uids)
        if expunges and self._vanished:
            self._drop(news)
        news.changed = [place for uid in changed if (place := self.place(uid)) is not None]
        return news

    def _drop(self, news: News) -> None:
        gone = UidSet(self._vanished)
        self._vanished = []
        places = [place for place, uid in enumerate(self.uids) if uid in gone]
        if not places:
            return
        news.expunged = [place + 1 for place in reversed(places)]
        news.vanished = ranges_of(self.uids[place] for place in places)
        without = set(places)
        kept = [place for place in range(len(self.uids)) if place not in without]
        self.uids = array(self.uids.typecode, (self.uids[place] for place in kept))
        self.flags = [self.flags[place] for place in kept]
        self.modseqs = array(self.modseqs.typecode, (self.modseqs[place] for place in kept))
        if news.exists is not None:
            news.exists = len(self.uids)

    def compared(self, view: View) -> Changes:
        """The changes between what is known and a whole new view, when the store has forgotten some expunges."""
        present = UidSet(ranges_of(view.uids))
        rows = zip(view.uids, view.flags, view.modseqs, strict=True)
        return Changes(
            modseq=view.modseq,
            uid_next=view.uid_next,
            changed=[FlagRow(*row) for row in rows if row[2] > self.cursor],
            vanished=ranges_of(uid for uid in self.uids if uid not in present),
        )

    def unseen(self) -> int:
        """The number of the first message without \\Seen; 0 when all have it."""
        return next((place + 1 for place, flags in enumerate(self.flags) if "\\Seen" not in flags), 0)


def keywords(flags: Sequence[Flags]) -> list[str]:
    """The keywords in use."""
    return sorted({flag for each in set(flags) for flag in each if not flag.startswith("\\")})
