"""Find the account that receives for an address."""

from dataclasses import replace

from chassis.errors import Forbidden, NotFound
from services.mail.domain.envelope import Recipient, mail_address, without_detail
from services.mail.usecases.context import Mail


async def resolve_recipient(mail: Mail, address: str) -> Recipient:
    """The account behind an address or alias, suspended ones included; a detail ("agent+note@") is the account's own.

    Known people first; whom mail has not heard of is asked of directory. Raises `InvalidInput` for what is no address,
    `Forbidden` for a domain that is not ours, `NotFound` when directory knows no such address (550), `Unavailable`
    when it could not be asked (451).
    """
    wanted = mail_address(address)
    if not mail.domains.hold(wanted):
        raise Forbidden("Not a domain of this platform")
    known = without_detail(wanted)
    found = await mail.people.by_address(known)
    if found is None and not known.isascii():
        # Directory gives accounts ASCII addresses alone.
        raise NotFound("No such address")
    return replace(found or await mail.directory.resolve(known), address=wanted)
