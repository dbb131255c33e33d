"""DELETESCRIPT (RFC 5804 §2.10)."""

from services.mail.managesieve.codec import write
from services.mail.managesieve.codec.commands import DeleteScript
from services.mail.managesieve.session import Session
from services.mail.usecases.scripts import delete_script


async def deletescript(session: Session, command: DeleteScript) -> bytes:
    await delete_script(session.mail, session.owner, command.name)
    return write.ok("Deleted")
