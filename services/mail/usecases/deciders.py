"""Who decides on letters that wait: accounts and functions, as a unit's rules or the policy of a list name them."""

from collections.abc import Sequence

from chassis.errors import InvalidInput
from services.mail.domain.approval import MOST_DECIDERS
from services.mail.domain.envelope import mail_address
from services.mail.usecases.context import Mail


async def named_ids(mail: Mail, addresses: Sequence[str], field: str) -> dict[str, str]:
    """Ids of accounts and functions, with the addresses that they were named by in a field of a request. Raises
    `InvalidInput`."""
    if len(addresses) > MOST_DECIDERS:
        raise InvalidInput("Too many are named", fields={field: f"at most {MOST_DECIDERS}"})
    found: dict[str, str] = {}
    for given in addresses:
        address = mail_address(given)
        functions = await mail.store.functions.of_addresses([address])
        named = functions[0].id if functions else await mail.people.account_of(address)
        if named is None:
            raise InvalidInput("Nobody of that name", fields={field: f"no account or function here has {address}"})
        found[named] = address
    return found


async def named_addresses(mail: Mail, ids: Sequence[str]) -> list[str]:
    """As they are called now, in their order, without those who are gone."""
    people = {each.account_id: each.address for each in await mail.people.by_ids(ids)} if ids else {}
    found = []
    for each in ids:
        function = None if each in people else await mail.store.functions.get(each)
        found.append(function.address if function is not None else people.get(each, ""))
    return [address for address in found if address]


async def decides_as(mail: Mail, account_id: str) -> list[str]:
    """The ids by which an account may have been named: its own, and those of functions that it holds now."""
    return [account_id, *(each.id for each in await mail.store.functions.held_by(account_id))]


async def reached(mail: Mail, named: Sequence[str], authors: Sequence[str]) -> dict[str, str]:
    """Whom a letter to those who decide goes to: accounts, and functions with mailboxes of their own, with their
    addresses; without a letter's `authors` and who is suspended."""
    accounts: set[str] = set()
    asked: dict[str, str] = {}
    for each in named:
        function = await mail.store.functions.get(each)
        if function is None:
            accounts.add(each)
        elif not function.own_mailbox:
            accounts.update(function.standing)
        elif set(function.standing) - set(authors):
            asked[each] = function.address
    return asked | await mail.people.addresses(sorted(accounts - set(authors)))
