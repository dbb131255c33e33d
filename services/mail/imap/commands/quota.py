"""GETQUOTA, GETQUOTAROOT and SETQUOTA (RFC 9208 §4.1). All mailboxes of an account have one quota root, ""."""

from services.mail.imap.codec import write
from services.mail.imap.codec.quota import GetQuota, GetQuotaRoot, SetQuota
from services.mail.imap.session import Session
from services.mail.usecases.limits import quota_of
from services.mail.usecases.quota import usage_of

ROOT = b""
# §5.1: STORAGE counts in these.
UNIT = 1024


async def get_quota(session: Session, command: GetQuota) -> bytes:
    if command.root != ROOT:
        return b"NO [NONEXISTENT] There is no such quota root"
    await _tell(session)
    return b"OK Done"


async def get_quota_root(session: Session, command: GetQuotaRoot) -> bytes:
    mailbox = await session.find(command.mailbox)
    name = session.name(mailbox.name)
    if mailbox.owner != session.owner:  # what somebody else keeps is not this one's to know
        session.untagged(b"QUOTAROOT %b" % name)
        return b"OK Done"
    session.untagged(b"QUOTAROOT %b %b" % (name, write.quoted(ROOT)))
    await _tell(session)
    return b"OK Done"


async def set_quota(_session: Session, _command: SetQuota) -> bytes:
    return b"NO [NOPERM] Administrators give quotas, and not here"


async def _tell(session: Session) -> None:
    usage, quota = (await usage_of(session.mail, session.owner)).usage, await quota_of(session.mail, session.owner)
    kept, most = -(-usage.octets // UNIT), quota.octets // UNIT
    session.untagged(
        b"QUOTA %b (STORAGE %d %d MESSAGE %d %d)" % (write.quoted(ROOT), kept, most, usage.messages, quota.messages)
    )
