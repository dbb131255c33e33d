"""Accounts, and functions with mailboxes of their own, as administrators name them."""

from chassis.errors import NotFound
from chassis.identity import current_identity
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.envelope import mail_address
from services.mail.usecases import Mail


async def administered_account(mail: Mail, account_id: str) -> Whereabouts:
    """Raises `NotFound` for one that the caller does not administer, as for one that nobody has."""
    stands = await mail.people.whereabouts(account_id) if account_id else None
    if stands is None or not current_identity().administers(stands.unit_path):
        raise NotFound("No such account")
    return stands


async def administered_address(mail: Mail, given: str) -> tuple[str, Whereabouts]:
    """The id of the account or function that an address is of, and where it stands. Raises `InvalidInput`, `NotFound`
    as above."""
    address = mail_address(given)
    account_id = await mail.people.account_of(address)
    if account_id is None:
        functions = await mail.store.functions.of_addresses([address])
        account_id = functions[0].id if functions and functions[0].own_mailbox else ""
    return account_id, await administered_account(mail, account_id)
