"""LISTSCRIPTS (RFC 5804 §2.7)."""

from services.mail.managesieve.codec import write
from services.mail.managesieve.codec.commands import ListScripts
from services.mail.managesieve.session import Session
from services.mail.usecases.scripts import list_scripts


async def listscripts(session: Session, _: ListScripts) -> bytes:
    scripts = await list_scripts(session.mail, session.owner)
    for name in sorted(scripts.sources):
        session.tell(write.string(name.encode("utf-8")) + (b" ACTIVE" if name == scripts.active else b""))
    return write.ok()
