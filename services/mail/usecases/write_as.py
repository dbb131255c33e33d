"""In whose name an account may write beside its own."""

from dataclasses import replace

from chassis.errors import InvalidInput, NotFound, TooManyRequests
from chassis.events import Fact
from services.mail.domain.envelope import Sender
from services.mail.domain.sharing import Capacity, Delegation, Function, Name
from services.mail.usecases.access import owns
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import acted, delegation_changed
from services.mail.usecases.share_mailbox import grantee
from services.mail.usecases.standing import standing

# Accounts that may write in one name.
MAX_DELEGATES = 100


async def may_write_as(mail: Mail, account_id: str) -> list[Name]:
    """The addresses of others that an account may write in From now: of functions that it holds, and of whoever lets
    it. Nobody writes in the name of a suspended account."""
    held = await mail.store.functions.held_by(account_id)
    names = [Name(each.address, each.id, Capacity.AS, of_function=each.own_mailbox) for each in held]
    given = [each for each in await mail.store.delegations.to(account_id) if each.owner not in {f.id for f in held}]
    accounts = await mail.people.addresses([each.owner for each in given]) if given else {}
    for each in given:
        function = None if each.owner in accounts else await mail.store.functions.get(each.owner)
        if function is not None:
            names.append(Name(function.address, each.owner, each.capacity, of_function=function.own_mailbox))
        elif each.owner in accounts:
            names.append(Name(accounts[each.owner], each.owner, each.capacity))
    return names


async def with_names(mail: Mail, sender: Sender) -> Sender:
    """A sender with all names that it may write in, and without the addresses of functions that it holds no more: what
    it logged in with may be older than that."""
    functions = await mail.store.functions.of_addresses([alias.lower() for alias in sender.aliases])
    passed = {each.address for each in functions if sender.account_id not in each.standing or each.own_mailbox}
    aliases = tuple(alias for alias in sender.aliases if alias.lower() not in passed)
    names = [name for name in await may_write_as(mail, sender.account_id) if name.address not in aliases]
    return replace(sender, aliases=aliases, names=tuple(names))


async def writable_addresses(mail: Mail, sender: Sender, name: str) -> dict[str, str]:
    """All addresses that it may write in From, its own first, each with the name of whose it is; `name` is its own, and
    stands beside those of functions too."""
    known = await with_names(mail, sender)
    others = await mail.people.by_ids([each.owner for each in known.names]) if known.names else []
    called = {each.account_id: each.display_name for each in others}
    own = dict.fromkeys((known.address, *known.aliases), name)
    return own | {each.address: called.get(each.owner) or name for each in known.names}


async def list_delegates(mail: Mail, sender: Sender, of: str) -> list[tuple[str, Capacity]]:
    """Who may write in the name of an address that is the caller's own, or of a function that it holds: addresses, with
    how. Raises `NotFound`."""
    given = await mail.store.delegations.by(await _owner(mail, sender, of))
    addresses = await mail.people.addresses([each.delegate for each in given]) if given else {}
    return sorted((addresses[each.delegate], each.capacity) for each in given if each.delegate in addresses)


async def let_write_as(mail: Mail, sender: Sender, of: str, address: str, capacity: Capacity) -> None:
    """Raises `NotFound` (not the caller's to give), `InvalidInput` (no account, or one that may without),
    `TooManyRequests`."""
    owner = await _owner(mail, sender, of)
    delegate = await grantee(mail, address)
    if await owns(mail, delegate, owner):
        raise InvalidInput("Its owner", fields={"address": "writes in this name anyway"})
    given = await mail.store.delegations.by(owner)
    if len(given) >= MAX_DELEGATES and delegate not in {each.delegate for each in given}:
        raise TooManyRequests(f"At most {MAX_DELEGATES} accounts write in one name")
    told = await _told(mail, owner, of, delegate, capacity.value)
    await mail.store.delegations.put(Delegation(owner, delegate, capacity), told)


async def let_write_no_more(mail: Mail, sender: Sender, of: str, address: str) -> None:
    """Raises `NotFound`, `InvalidInput`."""
    owner = await _owner(mail, sender, of)
    delegate = await grantee(mail, address)
    if not await mail.store.delegations.end(owner, delegate, await _told(mail, owner, of, delegate, "")):
        raise NotFound("That account does not write in this name")


async def forget_delegates(mail: Mail, function: Function) -> None:
    """Whoever holds a function writes in its name by that alone, and no longer. Repeatable."""
    for account_id in function.standing:
        await mail.store.delegations.end(
            function.id, account_id, await _told(mail, function.id, function.address, account_id, "")
        )


async def _owner(mail: Mail, sender: Sender, of: str) -> str:
    """Whose name it is, where the caller may give it away: who got it from another one passes it on to nobody."""
    wanted = of.strip().lower()
    if wanted == sender.address.lower():
        return sender.account_id
    for function in await mail.store.functions.held_by(sender.account_id):
        if function.address == wanted:
            return function.id
    raise NotFound("Not a name of yours")


async def _told(mail: Mail, owner: str, of: str, delegate: str, capacity: str) -> list[Fact]:
    details = {"name": of.strip().lower(), "account": delegate, "how": capacity or "no more"}
    changed = delegation_changed(owner, delegate, capacity, mail.now())
    stands = await standing(mail, owner)
    return [changed, acted("let_write_as", owner, details, named=stands.name, unit_path=stands.unit_path)]
