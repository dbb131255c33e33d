"""Find the account that receives for an address."""

from dataclasses import replace

from chassis.errors import Forbidden, InvalidInput, NotFound
from services.mail.domain.envelope import Recipient, mail_address, without_detail
from services.mail.usecases.context import Mail
from services.mail.usecases.list_owners import or_owners

# Names that somebody answers in every domain (RFC 5321 §4.5.1, RFC 2142 §4 and §5): the postmaster, where nobody has
# them.
ANSWERED = frozenset({"postmaster", "abuse", "security"})


async def resolve_recipient(mail: Mail, address: str) -> Recipient:
    """The account behind an address or alias, suspended ones included; a detail ("agent+note@") is the account's own,
    and a list's owners have one.

    Known people first; whom mail has not heard of is asked of directory. Raises `InvalidInput` for what is no address,
    `Forbidden` for a domain that is not ours, `NotFound` when directory knows no such address (550), `Unavailable`
    when it could not be asked (451).
    """
    wanted = mail_address(address)
    if not mail.domains.hold(wanted):
        raise Forbidden("Not a domain of this platform")
    known = without_detail(wanted)
    try:
        return await or_owners(mail, replace(await _holder(mail, known), address=wanted))
    except NotFound:
        if known.partition("@")[0] not in ANSWERED or not mail.postmaster:
            raise
    return replace(await _holder(mail, mail.postmaster.lower()), address=mail.postmaster)


async def receives_for(mail: Mail, account_id: str, address: str) -> bool:
    """Whether an account is one of those that receive for an address now. Raises `Unavailable`."""
    try:
        return account_id in (await resolve_recipient(mail, address)).accounts
    except (NotFound, Forbidden, InvalidInput):
        return False


async def _holder(mail: Mail, address: str) -> Recipient:
    found = await mail.people.by_address(address)
    if found is None and not address.isascii():
        # Directory gives accounts ASCII addresses alone.
        raise NotFound("No such address")
    return found or await mail.directory.resolve(address)
