"""PUTSCRIPT (RFC 5804 §2.6): only what is a script is kept; the active one changes at once."""

from services.mail.managesieve.codec import write
from services.mail.managesieve.codec.commands import PutScript
from services.mail.managesieve.session import Session
from services.mail.usecases.scripts import put_script


async def putscript(session: Session, command: PutScript) -> bytes:
    await put_script(session.mail, session.owner, command.name, command.script)
    return write.ok("Kept")
