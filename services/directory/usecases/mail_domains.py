"""Mail domains belong to units: nobody takes an address in another ministry's domain, nor in one that is closing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chassis.errors import Forbidden, NotFound, PreconditionFailed
from chassis.identity import current_identity
from services.directory.domain.accounts import ADMINISTRATOR, Account
from services.directory.domain.addresses import normalised_domain
from services.directory.domain.mail_domains import MailDomain
from services.directory.domain.sessions import MULTI_FACTOR, PROTOCOL_CLIENT
from services.directory.usecases.authority import Concealed, visible_unit
from services.directory.usecases.context import Directory

NO_DOMAIN = "There is no such mail domain"


async def refuse_foreign_domains(
    directory: Directory, asking: Account, unit_path: Sequence[str], addresses: Iterable[str]
) -> None:
    """Raise `Forbidden` for an address in a domain of a unit that an account at `unit_path` does not stand below.

    The national administrator gives what it wants to whom it wants, and nobody else an address in a domain that no
    unit has; but nobody gives a new address in a domain that is closing (`PreconditionFailed`).
    """
    tree = await directory.tree.current()
    for name in sorted({address.rpartition("@")[2] for address in addresses}):
        domain = tree.domain(name)
        if (domain is None or domain.unit_id not in unit_path) and not asking.is_national():
            raise Forbidden(f"The mail domain {name} is not this unit's", fields={"address": "foreign domain"})
        if domain is not None and not domain.takes_addresses:
            raise PreconditionFailed(f"The mail domain {name} takes no new address", fields={"address": "closing"})


@dataclass(frozen=True)
class Reach:
    """Where somebody gives and takes addresses of one domain."""

    asking: Account
    # The domain, where it is administered by name.
    domain: MailDomain | None

    def covers(self, path: Sequence[str]) -> bool:
        """Whether it does so at the unit at the end of a path."""
        if self.asking.administers(path):
            return True
        return self.domain is not None and self.domain.unit_id in path


async def reach_of(directory: Directory, asking: Account, address: str) -> Reach:
    """How far the caller reaches with an address, well formed or not: the units that it administers, and those of the
    address' domain, if it is an administrator of that."""
    domain = (await directory.tree.current()).domain(address.strip().lower().rpartition("@")[2])
    return Reach(asking, domain if domain is not None and await _named(directory, asking, domain) else None)


async def _named(directory: Directory, asking: Account, domain: MailDomain) -> bool:
    """Whether the caller is one of those whom a domain names, and stands where it is.

    Like a role it is not held by a protocol's password, nor without a second factor where administrators want one.
    """
    if asking.id not in domain.administrators or domain.unit_id not in asking.unit_path:
        return False
    identity = current_identity()
    if identity.client_id.startswith(PROTOCOL_CLIENT):
        return False
    if ADMINISTRATOR not in directory.policy.second_factor_roles:
        return True
    session = await directory.sessions.find(identity.session_id)
    return session is not None and session.acr == MULTI_FACTOR


async def visible_domain(directory: Directory, asking: Account, name: str) -> MailDomain:
    """Raises `NotFound`, also for a domain of a unit that is not the caller's to see, and `InvalidInput`."""
    domain = await directory.domains.find(normalised_domain(name, "name"))
    if domain is None:
        raise NotFound(NO_DOMAIN)
    try:
        await visible_unit(directory, asking, domain.unit_id)
    except Concealed as unseen:
        raise Concealed(NO_DOMAIN, domain.name, domain.name, unseen.unit_path) from None
    return domain


async def path_of(directory: Directory, domain: MailDomain) -> tuple[str, ...]:
    return (await directory.tree.current()).place((domain.unit_id,))


async def domain_to_change(directory: Directory, asking: Account, name: str) -> MailDomain:
    """A domain of a unit that the caller administers. Raises `NotFound`, `Forbidden`, `InvalidInput`."""
    domain = await visible_domain(directory, asking, name)
    if not asking.administers(await path_of(directory, domain)):
        raise Forbidden("You do not administer the unit of this mail domain")
    return domain
