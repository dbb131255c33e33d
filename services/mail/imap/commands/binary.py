"""BINARY, BINARY.PEEK and BINARY.SIZE of FETCH (RFC 3516): parts without their transfer encoding."""

import structlog

from chassis.errors import WorkspaceError
from services.mail.domain.message import Source
from services.mail.imap.codec.commands import Binary
from services.mail.imap.session import FLUSH_OCTETS, Session
from services.mail.usecases import OpenPart, UnknownEncoding, cut, open_decoded

log = structlog.get_logger(__name__)


async def tell_binary(session: Session, source: Source, item: Binary, before: bytes) -> bool:
    """One item with `before` in front of it; False, and nothing is told, when the part's encoding is not known."""
    wire = session.wire
    try:
        opened = await open_decoded(session.mail, session.mailbox.owner, source, item.path)
    except UnknownEncoding:
        return False
    except WorkspaceError as error:  # what was begun cannot be ended
        log.warning("fetch_cut_off", error=error.detail)
        raise ConnectionAbortedError from error
    wire.write(before + item.label)
    if item.size:
        wire.write(b" %d" % (opened.octets if opened else 0))
        return True
    if item.partial:
        wire.write(b"<%d>" % item.partial[0])
    if opened is None:
        wire.write(b" NIL")
    else:
        await _stream(session, opened, item.partial or (0, opened.octets))
    return True


async def _stream(session: Session, opened: OpenPart, bounds: tuple[int, int]) -> None:
    start = min(bounds[0], opened.octets)
    left = min(bounds[1], opened.octets - start)
    session.wire.write(b" ~{%d}\r\n" % left)
    try:
        async for piece in cut(opened.content, start, start + left):
            left -= len(piece)
            session.wire.write(piece)
            if session.wire.pending > FLUSH_OCTETS:
                await session.wire.flush()
    except WorkspaceError as error:
        log.warning("fetch_cut_off", error=error.detail)
    if left:  # the client waits for octets that will never come: nothing else can follow
        raise ConnectionAbortedError
