"""NOOP (RFC 5804 §2.13): gives the client's tag back, by which it finds where it is."""

from services.mail.managesieve.codec import write
from services.mail.managesieve.codec.commands import Noop
from services.mail.managesieve.session import Session


async def noop(_: Session, command: Noop) -> bytes:
    if command.tag is None:
        return write.ok()
    return write.ok(code=b"TAG " + write.string(command.tag))
