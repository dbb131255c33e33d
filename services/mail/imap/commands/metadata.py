"""GETMETADATA and SETMETADATA (RFC 5464)."""

from chassis.errors import TooLarge, TooManyRequests
from services.mail.domain.annotations import LONGEST_VALUE, Scope, below, scope_of
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.rights import INSERT, KEEP_SEEN, POST, READ, WRITE, Rights
from services.mail.imap.codec import write
from services.mail.imap.codec.metadata import GetMetadata, SetMetadata
from services.mail.imap.session import Session
from services.mail.usecases.annotate import annotate, annotations

# §3.3: one of these is needed to read or write entries of a mailbox.
_ANY_OF = frozenset((READ, KEEP_SEEN, WRITE, INSERT, POST))
_REFUSED = b"NO [NOPERM] You may not do that here"


async def get_metadata(session: Session, command: GetMetadata) -> bytes:
    box = None
    if command.mailbox:
        box, held = await session.reach(command.mailbox)
        if not held & _ANY_OF:
            return _REFUSED
    found = await annotations(session.mail, session.owner, box)
    if box is None:
        found |= _of_the_server(session)
    told: list[bytes] = []
    longest = 0
    for asked in command.entries:
        known = [name for name in sorted(found) if below(asked, command.depth, name)]
        for name in known or ([asked] if command.depth == 0 else []):
            value = found.get(name)
            if value is not None and command.most is not None and len(value) > command.most:
                longest = max(longest, len(value))
                continue
            told.append(write.astring(name.encode("ascii")) + b" " + _written(value))
    if told:
        session.untagged(b"METADATA %b (%b)" % (_name(session, box), b" ".join(dict.fromkeys(told))))
    return b"OK [METADATA LONGENTRIES %d] Done" % longest if longest else b"OK Done"


async def set_metadata(session: Session, command: SetMetadata) -> bytes:
    box = None
    shares = any(scope_of(name) is Scope.SHARED for name, _ in command.values)
    if command.mailbox:
        box, held = await session.reach(command.mailbox)
        if not held & _ANY_OF or (shares and not _may_share(held)):
            return _REFUSED
    elif shares:  # what the server says of itself is its operators'
        return _REFUSED
    try:
        await annotate(session.mail, session.owner, box, dict(command.values))
    except TooLarge:
        return b"NO [METADATA MAXSIZE %d] A value is too large" % LONGEST_VALUE
    except TooManyRequests:
        return b"NO [METADATA TOOMANY] There are too many entries"
    return b"OK Done"


def _may_share(held: Rights) -> bool:
    """Stricter than §3.3: who may only read a mailbox writes nothing that others see."""
    return WRITE in held


def _name(session: Session, box: Mailbox | None) -> bytes:
    return b'""' if box is None else session.name(box.name)


def _of_the_server(session: Session) -> dict[str, bytes]:
    """§6.2.1, §6.2.2."""
    options = session.options
    told = {"/shared/comment": options.comment, "/shared/admin": options.admin}
    return {name: value.encode("utf-8") for name, value in told.items() if value}


def _written(value: bytes | None) -> bytes:
    if value is None:
        return b"NIL"
    return b"~{%d}\r\n%b" % (len(value), value) if b"\0" in value else write.quoted(value)
