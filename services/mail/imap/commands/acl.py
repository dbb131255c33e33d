"""SETACL, DELETEACL, GETACL, LISTRIGHTS and MYRIGHTS (RFC 4314 §3)."""

from chassis.errors import InvalidInput
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.rights import ADMINISTER, ALL, shown
from services.mail.imap.codec import write
from services.mail.imap.codec.commands import DeleteAcl, GetAcl, ListRights, MyRights, SetAcl
from services.mail.imap.session import Session
from services.mail.usecases.access import owns
from services.mail.usecases.share_mailbox import grantee, grants_of, owner_of, share_mailbox


async def set_acl(session: Session, command: SetAcl) -> bytes:
    mailbox = await session.find(command.mailbox, ADMINISTER)
    await _share(session, mailbox, command.identifier, command.change)
    return b"OK Shared"


async def delete_acl(session: Session, command: DeleteAcl) -> bytes:
    mailbox = await session.find(command.mailbox, ADMINISTER)
    await _share(session, mailbox, command.identifier, "")
    return b"OK Not shared"


async def _share(session: Session, mailbox: Mailbox, identifier: str, change: str) -> None:
    await share_mailbox(session.mail, session.owner, mailbox.owner, mailbox.id, identifier, change)


async def get_acl(session: Session, command: GetAcl) -> bytes:
    mailbox = await session.find(command.mailbox, ADMINISTER)
    entries = [(await owner_of(session.mail, mailbox), ALL)]
    entries += [(grant.address, grant.rights) for grant in await grants_of(session.mail, mailbox)]
    told = b" ".join(b"%b %b" % (_identifier(who), shown(held).encode("ascii")) for who, held in entries if who)
    session.untagged(b"ACL %b %b" % (session.name(mailbox.name), told))
    return b"OK Done"


async def list_rights(session: Session, command: ListRights) -> bytes:
    """The owner, and whoever holds the function that is, has all, always; to anybody else each may be given by itself,
    to who is no account none (§3.4)."""
    mailbox = await session.find(command.mailbox, ADMINISTER)
    always, optional = b'""', b" " + b" ".join(b"%c" % letter for letter in shown(ALL).encode("ascii"))
    try:
        if await owns(session.mail, await grantee(session.mail, command.identifier), mailbox.owner):
            always, optional = shown(ALL).encode("ascii"), b""
    except InvalidInput:
        optional = b""
    session.untagged(
        b"LISTRIGHTS %b %b %b%b" % (session.name(mailbox.name), _identifier(command.identifier), always, optional)
    )
    return b"OK Done"


async def my_rights(session: Session, command: MyRights) -> bytes:
    mailbox, held = await session.reach(command.mailbox)
    session.untagged(b"MYRIGHTS %b %b" % (session.name(mailbox.name), shown(held).encode("ascii")))
    return b"OK Done"


def _identifier(who: str) -> bytes:
    return write.quoted(who.encode("utf-8"))
