"""GETSCRIPT (RFC 5804 §2.9): the octets that were put."""

from services.mail.managesieve.codec import write
from services.mail.managesieve.codec.commands import GetScript
from services.mail.managesieve.session import Session
from services.mail.usecases.scripts import get_script


async def getscript(session: Session, command: GetScript) -> bytes:
    session.tell(write.literal(await get_script(session.mail, session.owner, command.name)))
    return write.ok()
