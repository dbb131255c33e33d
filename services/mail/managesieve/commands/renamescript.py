"""RENAMESCRIPT (RFC 5804 §2.11)."""

from services.mail.managesieve.codec import write
from services.mail.managesieve.codec.commands import RenameScript
from services.mail.managesieve.session import Session
from services.mail.usecases.scripts import rename_script


async def renamescript(session: Session, command: RenameScript) -> bytes:
    await rename_script(session.mail, session.owner, command.old, command.new)
    return write.ok("Renamed")
