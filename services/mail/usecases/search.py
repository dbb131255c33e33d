"""Find messages of a mailbox by what they are."""

from enum import IntEnum

from services.mail.domain import header as header_fields
from services.mail.domain.message import FlagRow, Message, Source
from services.mail.domain.mime import Attachment, TextPart, decode_text
from services.mail.domain.search import (
    Age,
    And,
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
    uid_ranges,
)
from services.mail.domain.uids import merged
from services.mail.usecases.context import Mail
from services.mail.usecases.sources import open_source

# Of a message's header, and of all its texts, what a search looks at.
HEADER_OCTETS = 256 * 1024
TEXT_OCTETS = 4 * 1024 * 1024
# Parts that stand closer than this are read at once.
NEAR_OCTETS = 4 * 1024
_PEOPLE = {"from": "from_", "to": "to", "cc": "cc", "bcc": "bcc"}


async def search(mail: Mail, owner: str, mailbox_id: str, criterion: Criterion) -> list[tuple[int, int]]:
    """(UID, modseq) of the messages that meet a criterion of `services.mail.domain.search`, ascending.

    Raises `NotFound` (mailbox).
    """
    box = await mail.store.mailboxes.get(owner, mailbox_id)
    ranges = [(first, min(last, box.uid_next - 1)) for first, last in uid_ranges(criterion) if first < box.uid_next]
    if _look(criterion) is _Look.FLAGS:
        rows = mail.store.messages.flags(owner, mailbox_id, ranges)
        return [(row.uid, row.modseq) async for row in rows if _flagged(criterion, row)]
    with_sources = _look(criterion) is _Look.SOURCE
    found = mail.store.messages.messages(owner, mailbox_id, ranges, with_sources=with_sources)
    return [
        (message.uid, message.modseq)
        async for message, source in found
        if await _meets(criterion, _Candidate(mail, message, source))
    ]


class _Look(IntEnum):
    """How much of a message an answer needs."""

    FLAGS = 0
    MESSAGE = 1
    SOURCE = 2


class _Candidate:
    """A message that may meet the criterion; its octets are read when the answer needs them, once."""

    def __init__(self, mail: Mail, message: Message, source: Source | None) -> None:
        self._mail = mail
        self._opened = source
        self._header: bytes | None = None
        self._texts: str | None = None
        self.message = message

    @property
    def _source(self) -> Source:
        if self._opened is None:
            raise LookupError("a criterion reads the source that was not asked for")
        return self._opened

    def aged(self, older: int | None, younger: int | None) -> bool:
        seconds = (self._mail.now() - self.message.internal_date).total_seconds()
        return (older is None or seconds >= older) and (younger is None or seconds <= younger)

    async def header(self) -> bytes:
        if self._header is None:
            one = self._source
            length = min(one.structure.root.body_start, HEADER_OCTETS)
            self._header = b"".join([piece async for piece in open_source(self._mail, one, length=length)])
        return self._header

    async def texts(self) -> str:
        """All text parts, folded."""
        if self._texts is None:
            one, left = self._source, TEXT_OCTETS
            parts: list[TextPart | Attachment] = [one.text_part] if one.text_part else []
            parts += [part for part in one.attachments if part.content_type.startswith("text/")]
            wanted: dict[int, tuple[TextPart | Attachment, int]] = {}
            for part in parts:
                if length := min(part.length, left):
                    wanted[part.offset] = part, length
                left -= length
            ends = ((offset, offset + length - 1) for offset, (_, length) in wanted.items())
            texts = [await self._within(wanted, first, last) for first, last in merged(ends, NEAR_OCTETS)]
            self._texts = "\n".join(texts).casefold()
        return self._texts

    async def _within(self, wanted: dict[int, tuple[TextPart | Attachment, int]], first: int, last: int) -> str:
        """The texts of those parts that stand between two places, by one reading."""
        pieces = open_source(self._mail, self._source, offset=first, length=last + 1 - first)
        octets = b"".join([piece async for piece in pieces])
        return "\n".join(
            decode_text(
                octets[offset - first : offset - first + length],
                encoding=part.encoding,
                charset=part.charset if isinstance(part, TextPart) else "",
                content_type=part.content_type,
            )
            for offset, (part, length) in wanted.items()
            if first <= offset <= last
        )

    async def has_field(self, name: str, text: str) -> bool:
        """Stored fields answer without opening the message."""
        wanted, name = text.casefold(), name.lower()
        if wanted and name == "subject":
            return wanted in self.message.subject.casefold()
        if wanted and name in _PEOPLE:
            people = getattr(self.message, _PEOPLE[name])
            return any(wanted in f"{who.name} <{who.address}>".casefold() for who in people)
        if wanted and name == "message-id":
            return wanted in self.message.rfc_message_id.casefold()
        return any(wanted in value.casefold() for value in header_fields.values(await self.header(), name))


def _look(criterion: Criterion) -> _Look:
    match criterion:
        case And(criteria) | Or(criteria):
            return max(map(_look, criteria), default=_Look.FLAGS)
        case Not(inner):
            return _look(inner)
        case HasFlag() | Uids() | ModSeq():
            return _Look.FLAGS
        case Body() | Text() | Header():
            return _Look.SOURCE
        case _:
            return _Look.MESSAGE


def _flagged(criterion: Criterion, row: FlagRow | Message) -> bool:
    """Whether a message meets a criterion that needs nothing but its flags and numbers."""
    match criterion:
        case And(criteria):
            return all(_flagged(one, row) for one in criteria)
        case Or(criteria):
            return any(_flagged(one, row) for one in criteria)
        case Not(inner):
            return not _flagged(inner, row)
        case HasFlag(flag):
            return flag in row.flags
        case Uids():
            return row.uid in criterion.members
        case ModSeq(least):
            return row.modseq >= least
        case _:
            return False


async def _meets(criterion: Criterion, candidate: _Candidate) -> bool:
    match criterion:
        case And(criteria):
            for one in sorted(criteria, key=_look):
                if not await _meets(one, candidate):
                    return False
            return True
        case Or(criteria):
            for one in sorted(criteria, key=_look):
                if await _meets(one, candidate):
                    return True
            return False
        case Not(inner):
            return not await _meets(inner, candidate)
        case Header(name, text):
            return await candidate.has_field(name, text)
        case Body(text):
            return text.casefold() in await candidate.texts()
        case Age(older, younger):
            return candidate.aged(older, younger)
        case Text(text):
            wanted = text.casefold()
            whole = header_fields.whole(await candidate.header()).casefold()
            return wanted in whole or wanted in await candidate.texts()
        case _:
            return _has(criterion, candidate.message)


def _has(criterion: Criterion, found: Message) -> bool:
    """Criteria that the document alone answers."""
    match criterion:
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
            return _flagged(criterion, found)
