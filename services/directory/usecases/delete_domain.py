"""End a mail domain."""

from dataclasses import replace

from chassis.errors import Conflict, Forbidden
from services.directory.domain.approvals import DELETE_DOMAIN, SensitiveAct
from services.directory.domain.mail_domains import GONE, refuse_used
from services.directory.usecases import facts
from services.directory.usecases.authority import caller
from services.directory.usecases.change_account import TRIES
from services.directory.usecases.context import Directory
from services.directory.usecases.mail_domains import path_of, visible_domain
from services.directory.usecases.second_administrator import ask_second_administrator


async def delete_domain(directory: Directory, name: str, expected: int = 0) -> None:
    """It is nobody's then. Who still has an address in it, also one that only forwards, keeps it from ending.

    Raises `NotFound`, `Forbidden`, `PreconditionFailed` (used, or another version), `Conflict`, `InvalidInput`.
    """
    for _ in range(TRIES):
        asking = await caller(directory)
        upon = await directory.tree.current()
        before = await visible_domain(directory, asking, name)
        if not asking.is_national():
            raise Forbidden("Mail domains are the national administrator's to end")
        before.refuse_other_version(expected)
        refuse_used(*await directory.domains.used_by(before.name))
        path = await path_of(directory, before)
        kept = {"name": before.name, "version": expected}
        await ask_second_administrator(
            directory,
            asking,
            SensitiveAct(DELETE_DOMAIN, "delete_domain", kept, before.name, before.name, (path,), ((),)),
        )
        after = replace(before, state=GONE, version=before.version + 1, changed_at=directory.clock())
        told = [facts.domain_changed(after, path), facts.recorded("delete_domain", before.name, before.name, path)]
        if await directory.domains.replace(after, told, upon):
            return
    raise Conflict
