"""GETQUOTA, GETQUOTAROOT and SETQUOTA (RFC 9208 §4.1).

All mailboxes of an account have the quota root "", and one for each unit above it whose accounts share their room.
"""

from services.mail.domain.pool import Pool
from services.mail.imap.codec import write
from services.mail.imap.codec.quota import GetQuota, GetQuotaRoot, SetQuota
from services.mail.imap.session import Session
from services.mail.usecases.limits import limits_of
from services.mail.usecases.quota import usage_of

ROOT = b""
SHARED = b"shared/"
# §5.1: STORAGE counts in these.
UNIT = 1024


async def get_quota(session: Session, command: GetQuota) -> bytes:
    if command.root == ROOT:
        await _tell(session)
        return b"OK Done"
    pools = {_shared(each): each for each in (await limits_of(session.mail, session.owner)).pools}
    if command.root not in pools:
        return b"NO [NONEXISTENT] There is no such quota root"
    _tell_shared(session, pools[command.root])
    return b"OK Done"


async def get_quota_root(session: Session, command: GetQuotaRoot) -> bytes:
    mailbox = await session.find(command.mailbox)
    name = session.name(mailbox.name)
    if mailbox.owner != session.owner:  # what somebody else keeps is not this one's to know
        session.untagged(b"QUOTAROOT %b" % name)
        return b"OK Done"
    pools = (await limits_of(session.mail, session.owner)).pools
    roots = [ROOT, *(_shared(each) for each in pools)]
    session.untagged(b"QUOTAROOT %b %b" % (name, b" ".join(write.quoted(each) for each in roots)))
    await _tell(session)
    for each in pools:
        _tell_shared(session, each)
    return b"OK Done"


async def set_quota(_session: Session, _command: SetQuota) -> bytes:
    return b"NO [NOPERM] Administrators give quotas, and not here"


async def _tell(session: Session) -> None:
    usage = (await usage_of(session.mail, session.owner)).usage
    quota = (await limits_of(session.mail, session.owner)).quota
    kept, most = -(-usage.octets // UNIT), quota.octets // UNIT
    session.untagged(
        b"QUOTA %b (STORAGE %d %d MESSAGE %d %d)" % (write.quoted(ROOT), kept, most, usage.messages, quota.messages)
    )


def _shared(pool: Pool) -> bytes:
    """The name of its quota root."""
    return SHARED + pool.unit_id.encode()


def _tell_shared(session: Session, pool: Pool) -> None:
    taken, most = -(-pool.lent // UNIT), (pool.octets or 0) // UNIT
    session.untagged(b"QUOTA %b (STORAGE %d %d)" % (write.quoted(_shared(pool)), taken, most))
