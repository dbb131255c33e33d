"""A message that may meet a criterion, and whether it does."""

from collections.abc import Collection
from enum import IntEnum

from chassis.errors import NotFound
from services.mail.domain import header as header_fields
from services.mail.domain.message import FlagRow, Message, Source
from services.mail.domain.search import (
    Age,
    And,
    Attached,
    Body,
    Criterion,
    HasFlag,
    Header,
    Id,
    ModSeq,
    Not,
    Or,
    Received,
    Saved,
    Sent,
    Size,
    Text,
    Uids,
    Written,
    stored,
    words_for,
)
from services.mail.domain.terms import Terms, Words, terms_in, unpack, words_of
from services.mail.usecases.context import Mail
from services.mail.usecases.read_terms import read_header, read_terms
from services.mail.usecases.sources import source_of

_PEOPLE = {"from": "from_", "to": "to", "cc": "cc", "bcc": "bcc"}


class Look(IntEnum):
    """How much of a message an answer needs."""

    FLAGS = 0
    TERMS = 1
    MESSAGE = 2
    SOURCE = 3


def look(criterion: Criterion) -> Look:
    match criterion:
        case And(criteria) | Or(criteria):
            return max(map(look, criteria), default=Look.FLAGS)
        case Not(inner):
            return look(inner)
        case HasFlag() | Uids() | ModSeq():
            return Look.FLAGS
        case Text() | Body() if words_for(criterion):
            return Look.TERMS
        case Attached():
            return Look.TERMS
        case Header() if not stored(criterion):
            return Look.SOURCE
        case _:
            return Look.MESSAGE


class Candidate:
    """What is not at hand is read when an answer needs it, once."""

    def __init__(
        self,
        mail: Mail,
        owner: str,
        row: FlagRow | Message,
        message_id: str = "",
        packed: bytes | None = None,
        source: Source | None = None,
        *,
        has: Collection[Words] | None = None,
    ) -> None:
        """`packed` are its terms; `has` is what it has of all that is asked for, where that is known without them: the
        id is for those of which more may have to be read."""
        self._mail, self._owner, self.message_id = mail, owner, message_id
        self._terms = unpack(packed) if packed else None
        self._source, self._has = source, has
        self._octets: bytes | None = None
        self.row = row
        # Whether its terms were looked at, and whether they had to be read from its octets.
        self.unshelved = self.wordless = False

    @property
    def message(self) -> Message:
        if not isinstance(self.row, Message):
            raise LookupError("a criterion reads the message that was not asked for")
        return self.row

    async def has(self, words: Words) -> bool:
        if self._has is not None:
            return words in self._has
        self.unshelved = True
        if self._terms is None:
            self.wordless = True
            self._terms = Terms("\n".join(await self._read_terms()))
        return self._terms.has(words)

    async def has_field(self, name: str, text: str) -> bool:
        """A message without such a field is not opened."""
        if not any([await self.has(words) for words in words_for(Header(name, ""))]):
            return False
        if self._octets is None:
            self._octets = await self._read_header()
        wanted = text.casefold()
        return any(wanted in value.casefold() for value in header_fields.values(self._octets, name))

    async def _read_terms(self) -> Collection[str]:
        try:
            return await read_terms(self._mail, await self._opened(), {})
        except NotFound:  # gone meanwhile, or without octets: it has no words, and the others are found all the same
            return ()

    async def _read_header(self) -> bytes:
        try:
            return await read_header(self._mail, await self._opened())
        except NotFound:
            return b""

    async def _opened(self) -> Source:
        if self._source is None:
            self._source = await source_of(self._mail, self._owner, self.message_id)
        return self._source

    def aged(self, older: int | None, younger: int | None) -> bool:
        seconds = (self._mail.now() - self.message.internal_date).total_seconds()
        return (older is None or seconds >= older) and (younger is None or seconds <= younger)


def cheapest_first(criterion: Criterion) -> Criterion:
    """The same, asked in the order in which least has to be read: a matter of once a search, not once a message."""
    match criterion:
        case And(criteria):
            return And(tuple(sorted(map(cheapest_first, criteria), key=look)))
        case Or(criteria):
            return Or(tuple(sorted(map(cheapest_first, criteria), key=look)))
        case Not(inner):
            return Not(cheapest_first(inner))
        case _:
            return criterion


async def meets(criterion: Criterion, candidate: Candidate) -> bool:
    """Whether a message does; what is asked is asked in its order (`cheapest_first`)."""
    match criterion:
        case And(criteria):
            for one in criteria:
                if not await meets(one, candidate):
                    return False
            return True
        case Or(criteria):
            for one in criteria:
                if await meets(one, candidate):
                    return True
            return False
        case Not(inner):
            return not await meets(inner, candidate)
        case Header(name, text) if not stored(criterion):
            return await candidate.has_field(name, text)
        case Text() | Body() | Attached():
            return await _has_words(criterion, candidate)
        case Age(older, younger):
            return candidate.aged(older, younger)
        case HasFlag() | Uids() | ModSeq():
            return flagged(criterion, candidate.row)
        case _:
            return _told(criterion, candidate.message)


async def _has_words(criterion: Text | Body | Attached, candidate: Candidate) -> bool:
    wanted = words_for(criterion)
    if wanted or isinstance(criterion, Attached):
        return any([await candidate.has(words) for words in wanted])
    # Where there is no word in it, what is at hand is looked at as it is.
    text = criterion.text.casefold().strip()
    return any(text in value.casefold() for name in ("subject", "from") for value in _values(candidate.message, name))


def flagged(criterion: Criterion, row: FlagRow | Message) -> bool:
    """Whether a message meets a criterion that needs nothing but its flags and numbers."""
    match criterion:
        case And(criteria):
            return all(flagged(one, row) for one in criteria)
        case Or(criteria):
            return any(flagged(one, row) for one in criteria)
        case Not(inner):
            return not flagged(inner, row)
        case HasFlag(flag):
            return flag in row.flags
        case Uids():
            return row.uid in criterion.members
        case ModSeq(least):
            return row.modseq >= least
        case _:
            return False


def _values(found: Message, name: str) -> list[str]:
    """The stored values of a field."""
    match name:
        case "subject":
            return [found.subject]
        case "message-id":
            return [found.rfc_message_id]
        case _:
            return [f"{who.name} <{who.address}>" for who in getattr(found, _PEOPLE[name])]


def _told(criterion: Criterion, found: Message) -> bool:
    """Criteria that the document alone answers."""
    match criterion:
        case Header(name, text):
            wanted = text.casefold()
            return any(wanted in value.casefold() for value in _values(found, name.lower()))
        case Written(names, text):
            return _written(names, text, found)
        case Size(larger, smaller):
            return (larger is None or found.size > larger) and (smaller is None or found.size < smaller)
        case Received(since, before):
            day = found.internal_date.date()
            return (since is None or day >= since) and (before is None or day < before)
        case Saved(since, before):
            day = (found.saved_at or found.internal_date).date()
            return (since is None or day >= since) and (before is None or day < before)
        case Id(email, thread):
            return email in (None, found.email_id) and thread in (None, found.thread_id)
        case Sent(since, before):
            sent = found.date.date() if found.date else None
            return sent is not None and (since is None or sent >= since) and (before is None or sent < before)
        case _:
            return False


def _written(names: tuple[str, ...], text: str, found: Message) -> bool:
    """Whether one of its fields has all the words; a text without any is looked for as it is."""
    words = words_of(text)
    values = [value for name in names for value in _values(found, name)]
    if words is None:
        return any(text.casefold().strip() in value.casefold() for value in values)
    return any(Terms("\n".join(terms_in(value))).has(words) for value in values)
