"""SETACTIVE (RFC 5804 §2.8)."""

from services.mail.managesieve.codec import write
from services.mail.managesieve.codec.commands import SetActive
from services.mail.managesieve.session import Session
from services.mail.usecases.scripts import activate_script


async def setactive(session: Session, command: SetActive) -> bytes:
    await activate_script(session.mail, session.owner, command.name)
    return write.ok("It is active" if command.name else "No script is active")
