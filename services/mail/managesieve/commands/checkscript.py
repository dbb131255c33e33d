"""CHECKSCRIPT (RFC 5804 §2.12): what PUTSCRIPT would say of it, and nothing is kept."""

from services.mail.managesieve.codec import write
from services.mail.managesieve.codec.commands import CheckScript
from services.mail.managesieve.session import Session
from services.mail.usecases.scripts import check_script


async def checkscript(session: Session, command: CheckScript) -> bytes:
    await check_script(session.mail, command.script)
    return write.ok("It is a script")
