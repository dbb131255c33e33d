"""SEARCH (RFC 3501 §6.4.4, RFC 7162 §3.1.5), its result in short (RFC 4731) and saved for what follows (RFC 5182)."""

from dataclasses import replace

from services.mail.domain.search import And, Criterion, ModSeq, Not, Or, Uids
from services.mail.domain.uids import ranges_of
from services.mail.imap.codec import write
from services.mail.imap.codec.commands import Search
from services.mail.imap.codec.search_keys import Numbers, SearchKey, resolved
from services.mail.imap.codec.sequences import written_ranges
from services.mail.imap.selected import Selected
from services.mail.imap.session import Session
from services.mail.usecases import search as find


async def search(session: Session, command: Search) -> bytes:
    selected = session.mailbox
    if command.give is None and session.rev2:  # RFC 9051 §6.4.4: SEARCH is not told any more
        command = replace(command, give=frozenset({"ALL"}))
    saves = command.give is not None and "SAVE" in command.give
    try:
        found, by_modseq = await _found(session, selected, command)
    except Exception:
        if saves:
            # RFC 5182 §2.1: what fails saves nothing, and not what was saved before either.
            selected.saved = []
        raise
    if command.give is None:
        line = b"SEARCH" + b"".join(b" %d" % number for number, _, _ in found)
        highest = max((modseq for _, _, modseq in found), default=0)
        session.untagged(line + b" (MODSEQ %d)" % highest if by_modseq and found else line)
    else:
        if saves:
            selected.saved = ranges_of(uid for _, uid, _ in _saved(command.give, found))
        if command.give != {"SAVE"}:
            session.untagged(_told(command, command.give, found, by_modseq=by_modseq))
    await session.sync(expunges=command.uid)
    return b"OK Done"


def criterion_of(selected: Selected, key: SearchKey) -> Criterion:
    """What a key asks of the selected mailbox."""

    def uids(numbers: Numbers) -> Uids:
        spans = selected.spans(numbers.numbers, uid=numbers.uid)
        return Uids(tuple(selected.uid_ranges(spans)))

    return resolved(key, uids)


# The number as it is told, the UID, the modseq.
Found = list[tuple[int, int, int]]


async def _found(session: Session, selected: Selected, command: Search) -> tuple[Found, bool]:
    """What meets the key, ascending, and whether the key asks for modseqs."""
    criterion = criterion_of(selected, command.key)
    by_modseq = asks_modseq(criterion)
    session.condstore = session.condstore or by_modseq
    found: Found = []
    for uid, modseq in await find(session.mail, selected.owner, selected.mailbox_id, criterion):
        place = selected.place(uid)
        if place is not None:  # what came since waits for its EXISTS
            found.append((uid if command.uid else place + 1, uid, modseq))
    return found, by_modseq


def _saved(give: frozenset[str], found: Found) -> Found:
    """RFC 5182 §2.4: asked for an end alone, that one; else all."""
    if give & {"ALL", "COUNT"} or not give & {"MIN", "MAX"}:
        return found
    return [*(found[:1] if "MIN" in give else ()), *(found[-1:] if "MAX" in give else ())]


def _told(command: Search, give: frozenset[str], found: Found, *, by_modseq: bool) -> bytes:
    """ESEARCH: of nothing found only the count is told."""
    line = b"ESEARCH (TAG %b)" % write.quoted(command.tag.encode("ascii")) + (b" UID" if command.uid else b"")
    if found and "MIN" in give:
        line += b" MIN %d" % found[0][0]
    if found and "MAX" in give:
        line += b" MAX %d" % found[-1][0]
    if "COUNT" in give:
        line += b" COUNT %d" % len(found)
    if found and "ALL" in give:
        line += b" ALL " + written_ranges(ranges_of(number for number, _, _ in found))
    if found and by_modseq:
        line += b" MODSEQ %d" % max(modseq for _, _, modseq in _saved(give, found))
    return line


def asks_modseq(criterion: Criterion) -> bool:
    if isinstance(criterion, And | Or):
        return any(map(asks_modseq, criterion.criteria))
    return asks_modseq(criterion.criterion) if isinstance(criterion, Not) else isinstance(criterion, ModSeq)
