"""Give a unit a mail domain."""

from collections.abc import Sequence

from chassis.errors import Conflict, Forbidden
from services.directory.domain.mail_domains import MailDomain, proper_name
from services.directory.usecases import facts
from services.directory.usecases.authority import caller, visible_unit
from services.directory.usecases.change_account import TRIES
from services.directory.usecases.context import Directory
from services.directory.usecases.update_domain import refuse_strangers

NATIONAL = "Mail domains are the national administrator's to give"


async def create_domain(directory: Directory, name: str, unit_id: str, administrators: Sequence[str]) -> MailDomain:
    """A domain that is one unit's from now on; addresses that are in it already stay whose they are.

    Raises `InvalidInput`, `AlreadyExists`, `Forbidden`, `NotFound` (the unit, an administrator), `Conflict`.
    """
    for _ in range(TRIES):
        asking = await caller(directory)
        if not asking.is_national():
            raise Forbidden(NATIONAL)
        upon = await directory.tree.current()
        unit = await visible_unit(directory, asking, unit_id)
        proper, now = proper_name(name), directory.clock()
        version = await directory.domains.last_version(proper) + 1
        domain = MailDomain(proper, unit.id, now, now, version=version).administered_by(administrators)
        await refuse_strangers(directory, asking, domain, domain.administrators)
        told = [
            facts.domain_changed(domain, unit.path),
            facts.recorded("create_domain", domain.name, domain.name, unit.path),
        ]
        if await directory.domains.insert(domain, told, upon):
            return domain
    raise Conflict
