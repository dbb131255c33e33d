"""Read mail domains, with those of their administrators that the caller may see."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.directory.domain.accounts import Account
from services.directory.domain.mail_domains import MailDomain
from services.directory.usecases.authority import caller, may_see, visible_unit
from services.directory.usecases.context import Directory
from services.directory.usecases.mail_domains import visible_domain
from services.directory.usecases.paging import page_size, resume_after, token_after
from services.directory.usecases.seeing_groups import visible_units


@dataclass(frozen=True)
class SeenDomain:
    """A mail domain as a caller sees it."""

    domain: MailDomain
    administrators: Sequence[Account]


async def get_domain(directory: Directory, name: str) -> SeenDomain:
    """Raises `NotFound`, `InvalidInput`."""
    asking = await caller(directory)
    return (await _seen(directory, asking, [await visible_domain(directory, asking, name)]))[0]


async def seen_domain(directory: Directory, domain: MailDomain) -> SeenDomain:
    """A domain as its changer sees it."""
    return (await _seen(directory, await caller(directory), [domain]))[0]


async def list_domains(directory: Directory, unit_id: str, size: int, token: str) -> tuple[list[SeenDomain], str]:
    """A page by name: of a unit and all below it, or all that the caller sees. Raises `NotFound`, `InvalidInput`."""
    asking = await caller(directory)
    tree, count = await directory.tree.current(), page_size(size)
    units = await visible_units(directory, asking)
    if unit_id:
        await visible_unit(directory, asking, unit_id)
        below = tree.names_below(unit_id)
        units = below if units is None else [each for each in below if each in set(units)]
    after = resume_after(token, "domains", unit_id)
    among = None if units is None else set(units)
    found = [each for each in tree.domains() if each.name > after and (among is None or each.unit_id in among)]
    page = await _seen(directory, asking, found[:count])
    return page, token_after("domains", unit_id, page[-1].domain.name) if len(found) > count else ""


async def _seen(directory: Directory, asking: Account, domains: Sequence[MailDomain]) -> list[SeenDomain]:
    ids = sorted({each for domain in domains for each in domain.administrators})
    known = {each.id: each for each in await directory.accounts.among(ids) if may_see(asking, each)} if ids else {}
    return [SeenDomain(domain, [known[each] for each in domain.administrators if each in known]) for domain in domains]
