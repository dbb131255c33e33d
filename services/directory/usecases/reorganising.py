"""What moves, merges and dissolutions have in common."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chassis.errors import Forbidden
from chassis.ids import new_id
from services.directory.domain.accounts import Account
from services.directory.domain.addresses import normalised_domain
from services.directory.domain.mail_domains import MailDomain
from services.directory.domain.reorganisation import Reorganisation, followers, forwarding_days
from services.directory.domain.tree import Tree
from services.directory.domain.units import Unit
from services.directory.usecases import facts
from services.directory.usecases.authority import visible_unit
from services.directory.usecases.context import Directory
from services.directory.usecases.mail_domains import refuse_foreign_domains

Told = list[tuple[Unit, Sequence[facts.Fact]]]
DomainsTold = list[tuple[MailDomain, Sequence[facts.Fact]]]


@dataclass(frozen=True)
class Readdressing:
    """The mail domain that primary addresses change to (empty: they stay), and how long the old ones forward."""

    domain: str = ""
    days: int = 0

    def tidy(self) -> "Readdressing":
        domain = normalised_domain(self.domain, "new_domain") if self.domain else ""
        return Readdressing(domain, forwarding_days(self.days))


async def unit_to_take_away(directory: Directory, asking: Account, unit_id: str) -> Unit:
    """A unit that stands in what the caller administers: whoever administers it alone does not move it.

    Raises `NotFound`, `Forbidden`.
    """
    unit = await visible_unit(directory, asking, unit_id)
    if not asking.administers(unit.path[:-1]):
        raise Forbidden("You do not administer the unit above")
    return unit


async def unit_to_fill_with(directory: Directory, asking: Account, unit_id: str) -> Unit:
    """A unit that the caller administers. Raises `NotFound`, `Forbidden`."""
    unit = await visible_unit(directory, asking, unit_id)
    if not asking.administers(unit.path):
        raise Forbidden("You do not administer this unit")
    return unit


def begun(
    directory: Directory, asking: Account, kind: str, unit: Unit, target_id: str, addressing: Readdressing
) -> Reorganisation:
    return Reorganisation(
        id=new_id(),
        kind=kind,
        unit_id=unit.id,
        target_id=target_id,
        began_at=directory.clock(),
        began_by=asking.id,
        domain=addressing.domain,
        days=addressing.days,
    )


async def refuse_foreign_domain(
    directory: Directory, asking: Account, path: Sequence[str], addressing: Readdressing
) -> None:
    """Raise `Forbidden` for a new domain that belongs to a unit elsewhere."""
    if addressing.domain:
        await refuse_foreign_domains(directory, asking, path, [f"@{addressing.domain}"])


def below(tree: Tree, changed: Unit) -> Told:
    """The units below one with another path, each with the fact of its own."""
    return [(unit, [facts.unit_changed(unit)]) for unit in followers(tree, changed)]


def domains_passing(directory: Directory, tree: Tree, unit: Unit, into: Unit) -> DomainsTold:
    """The mail domains of a unit as those of the one that takes over; who administers them comes along."""
    now = directory.clock()
    passing = [
        replace(each, unit_id=into.id, version=each.version + 1, changed_at=now) for each in tree.domains_of(unit.id)
    ]
    return [(domain, [facts.domain_changed(domain, into.path)]) for domain in passing]
