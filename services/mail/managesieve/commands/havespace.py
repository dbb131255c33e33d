"""HAVESPACE (RFC 5804 §2.5): whether a script of that size would be taken."""

from services.mail.managesieve.codec import write
from services.mail.managesieve.codec.commands import HaveSpace
from services.mail.managesieve.session import Session
from services.mail.usecases.scripts import have_space


async def havespace(session: Session, command: HaveSpace) -> bytes:
    await have_space(session.mail, session.owner, command.name, command.size)
    return write.ok("There is room")
