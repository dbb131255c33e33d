"""Who answers for a distribution list: whoever writes to its owners' address reaches them."""

from dataclasses import replace

from chassis.errors import NotFound
from services.mail.domain.envelope import Recipient, without_detail
from services.mail.domain.lists import list_of, owners_address
from services.mail.usecases.context import Mail
from services.mail.usecases.deciders import reached


async def list_meant(mail: Mail, address: str) -> str:
    """The id of the list that an address is of, or whose owners'; empty for any other."""
    found = await mail.people.by_address(without_detail(address))
    return list_of(found.account_id) if found is not None else ""


async def or_owners(mail: Mail, found: Recipient) -> Recipient:
    """Who was found for an address, or where it is the one of a list's owners, those: its moderators, or where there
    are none whoever administers its unit, or the platform's postmaster. Raises `NotFound`."""
    list_id, address = list_of(found.account_id), found.address
    if not list_id or address != owners_address(without_detail(address)):
        return found
    group = await mail.store.groups.list_by_id(list_id)
    if group is None:
        raise NotFound("No such address")
    policy = await mail.store.list_policies.get(list_id)
    accounts = sorted(await reached(mail, policy.moderators, ())) if policy is not None else []
    if not accounts:
        unit_path = policy.unit_path if policy is not None else (group.unit_id,)
        accounts = [each.account_id for each in await mail.people.administrators(unit_path)]
    if accounts:
        return Recipient(accounts[0], address, tuple(accounts[1:]))
    postmaster = await mail.people.by_address(mail.postmaster.lower())
    if postmaster is None:
        raise NotFound("No such address")
    return replace(postmaster, address=address)
