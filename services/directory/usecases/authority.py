"""Who may do what to whom. The caller is read anew: what its token says may be a quarter of an hour old."""

from collections.abc import Sequence
from dataclasses import replace

from chassis.errors import Forbidden, NotFound, Unauthenticated
from chassis.identity import current_identity
from services.directory.domain.accounts import Account
from services.directory.domain.sessions import PROTOCOL_CLIENT
from services.directory.domain.units import Unit
from services.directory.usecases.context import Directory
from services.directory.usecases.standing_in import StandIn, stand_in


class Concealed(NotFound):
    """Something that is there, and does not exist for whoever asks: answered as `NotFound`, kept in the audit log."""

    def __init__(self, detail: str, target_id: str, target: str, unit_path: Sequence[str]) -> None:
        super().__init__(detail)
        self.target_id, self.target, self.unit_path = target_id, target, tuple(unit_path)


NO_ACCOUNT = "There is no such account"
NO_UNIT = "There is no such unit"


async def caller(directory: Directory) -> Account:
    """The account that asks. Raises `Unauthenticated` when it, or the session of its token, is over."""
    # What follows is decided by where units stand now.
    await directory.tree.refresh()
    standing = stand_in()
    if standing is not None:
        return await _stood_in_for(directory, standing)
    identity = current_identity()
    account = await directory.accounts.find(identity.account_id)
    if account is None or account.suspended:
        raise Unauthenticated("The account may not log in")
    if account.sessions_end is not None and identity.issued_at <= account.sessions_end:
        raise Unauthenticated("The session has ended")
    if identity.client_id.startswith(PROTOCOL_CLIENT):
        # It stands on a password, whose revocation the rpc guard knows, and administers nothing.
        return replace(account, roles=())
    session = await directory.sessions.find(identity.session_id)
    if session is None or session.ended_at is not None:
        raise Unauthenticated("The session has ended")
    return directory.policy.effective(account, session.acr)


async def _stood_in_for(directory: Directory, standing: StandIn) -> Account:
    """Who asked for what was approved, or approved it, with the roles of now. Raises `Forbidden`."""
    account = await directory.accounts.find(standing.account_id)
    if account is None or account.suspended:
        raise Forbidden("The account in whose name this is done is closed")
    if account.sessions_end is not None and standing.since <= account.sessions_end:
        raise Forbidden("The sessions of the account in whose name this is done have been ended since")
    return directory.policy.effective(account, standing.acr)


async def account_to_help(directory: Directory, asking: Account, account_id: str) -> Account:
    """An account with its credential, whose credentials and sessions the caller may reset.

    One outside its units does not exist for it (`NotFound`); one that holds a role beyond its own is `Forbidden`.
    """
    account = await directory.accounts.find_with_credential(account_id)
    if account is None:
        raise NotFound(NO_ACCOUNT)
    if not asking.helps(account.unit_path):
        raise Concealed(NO_ACCOUNT, account.id, account.address, account.unit_path)
    if not asking.may_help(account) or not await _reaches_domains(directory, asking, account):
        raise Forbidden("The account holds a role beyond your own")
    return account


async def account_to_change(directory: Directory, asking: Account, account_id: str) -> Account:
    """An account with its credential, which the caller may change.

    One in another's unit does not exist for it (`NotFound`); one in its own that holds a higher role is `Forbidden`.
    """
    account = await directory.accounts.find_with_credential(account_id)
    if account is None:
        raise NotFound(NO_ACCOUNT)
    if not asking.administers(account.unit_path):
        raise Concealed(NO_ACCOUNT, account.id, account.address, account.unit_path)
    if not asking.may_change(account):
        raise Forbidden("The account holds a role beyond your own")
    return account


async def _reaches_domains(directory: Directory, asking: Account, account: Account) -> bool:
    """Whether the caller administers the units of all mail domains that name the account: that is held like a role."""
    tree = await directory.tree.current()
    named = [domain for domain in tree.domains() if account.id in domain.administrators]
    return all(asking.administers(tree.place((domain.unit_id,))) for domain in named)


def may_see(asking: Account, account: Account) -> bool:
    """Whether an account is shown to another: itself, its own ministry, whom it administers or helps."""
    return asking.sees(account.id, account.unit_path)


def visible_below(asking: Account, path: Sequence[str]) -> list[str] | None:
    """Which units directly below the one at `path` an account sees; None for all of them.

    It sees its own ministry, the units it administers with all below, and the way down to them.
    """
    if asking.administers(path) or (path and asking.unit_path[:1] == tuple(path[:1])):
        return None
    depth = len(path)
    ways = [asking.unit_path, *(grant.unit_path for grant in asking.roles)]
    return sorted({way[depth] for way in ways if len(way) > depth and way[:depth] == tuple(path)})


async def visible_unit(directory: Directory, asking: Account, unit_id: str) -> Unit:
    """Raises `NotFound`, also for a unit that is not the caller's to see."""
    unit = await directory.units.find(unit_id)
    if unit is not None:
        seen = visible_below(asking, unit.path[:-1])
        if seen is None or unit.id in seen or asking.administers(unit.path):
            return unit
        raise Concealed(NO_UNIT, unit.id, unit.name, unit.path)
    raise NotFound(NO_UNIT)


async def unit_to_fill(directory: Directory, asking: Account, unit_id: str) -> tuple[str, ...]:
    """The path of a unit that the caller administers; the empty id is the whole administration."""
    if not unit_id:
        if not asking.is_national():
            raise Forbidden("Only the national administrator acts outside of every unit")
        return ()
    unit = await visible_unit(directory, asking, unit_id)
    if not asking.administers(unit.path):
        raise Forbidden("You do not administer this unit")
    return unit.path
