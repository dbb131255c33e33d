"""Who decides on letters that a unit's rules hold: accounts and functions, which its rules name."""

from collections.abc import Sequence

from chassis.errors import InvalidInput
from services.mail.domain.approval import MOST_APPROVERS
from services.mail.domain.envelope import mail_address
from services.mail.usecases.context import Mail


async def approver_ids(mail: Mail, addresses: Sequence[str]) -> dict[str, str]:
    """Ids of accounts and functions, with the addresses that they were named by. Raises `InvalidInput`."""
    if len(addresses) > MOST_APPROVERS:
        raise InvalidInput("Too many approvers", fields={"approvers": f"at most {MOST_APPROVERS}"})
    found: dict[str, str] = {}
    for given in addresses:
        address = mail_address(given)
        functions = await mail.store.functions.of_addresses([address])
        named = functions[0].id if functions else await mail.people.account_of(address)
        if named is None:
            raise InvalidInput("No such approver", fields={"approvers": f"no account or function here has {address}"})
        found[named] = address
    return found


async def approver_addresses(mail: Mail, ids: Sequence[str]) -> list[str]:
    """As they are called now, in their order, without those who are gone."""
    people = {each.account_id: each.address for each in await mail.people.by_ids(ids)} if ids else {}
    found = []
    for each in ids:
        function = None if each in people else await mail.store.functions.get(each)
        found.append(function.address if function is not None else people.get(each, ""))
    return [address for address in found if address]


async def decided_by(mail: Mail, account_id: str) -> set[str]:
    """The units that an account decides for, by itself or by a function that it holds now."""
    held = await mail.store.functions.held_by(account_id)
    return set(await mail.store.leaving_policies.approved_by([account_id, *(each.id for each in held)]))


async def to_be_asked(mail: Mail, units: Sequence[str], authors: Sequence[str]) -> dict[str, str]:
    """Accounts, and functions with mailboxes of their own, that decide for units now, with their addresses; without a
    letter's `authors` and who is suspended."""
    accounts: set[str] = set()
    asked: dict[str, str] = {}
    for named in {each for policy in await mail.store.leaving_policies.of(units) for each in policy.approvers}:
        function = await mail.store.functions.get(named)
        if function is None:
            accounts.add(named)
        elif not function.own_mailbox:
            accounts.update(function.standing)
        elif set(function.standing) - set(authors):
            asked[named] = function.address
    return asked | await mail.people.addresses(sorted(accounts - set(authors)))
