"""Found a function."""

from dataclasses import replace

from chassis.errors import Conflict, Forbidden
from chassis.ids import new_id
from services.directory.domain.accounts import Account
from services.directory.domain.functions import Function
from services.directory.usecases import facts
from services.directory.usecases.appointing import passing, refuse_strangers
from services.directory.usecases.authority import caller, unit_to_fill, visible_unit
from services.directory.usecases.change_account import TRIES
from services.directory.usecases.context import Directory
from services.directory.usecases.mail_domains import Reach, reach_of, refuse_foreign_domains


async def create_function(directory: Directory, wanted: Function) -> Function:
    """A function of a unit, or in a mail domain, that the caller administers, with its first holders or vacant.

    Raises `InvalidInput`, `AlreadyExists` (somebody has the address), `Forbidden`, `NotFound`, `Conflict`.
    """
    asking = await caller(directory)
    reach = await reach_of(directory, asking, wanted.address)
    path = await _unit_to_staff(directory, asking, reach, wanted.unit_id)
    now = directory.clock()
    function = replace(wanted, id=new_id(), created_at=now, changed_at=now, version=1).founded().held_by(wanted.holders)
    await refuse_foreign_domains(directory, asking, path, [function.address])
    await refuse_strangers(directory, reach, function.holders, "holder_ids")
    await refuse_strangers(directory, reach, {function.fallback_id} - {""}, "fallback_id")
    told = [
        facts.function_assigned(function, path),
        facts.recorded("create_function", function.id, function.address, path),
    ]
    for _ in range(TRIES):
        if await directory.functions.insert(function, told, await passing(directory, None, function)):
            return function
    raise Conflict


async def _unit_to_staff(directory: Directory, asking: Account, reach: Reach, unit_id: str) -> tuple[str, ...]:
    """The path of the function's unit. Raises `NotFound`, `Forbidden`."""
    if reach.domain is None or not unit_id:
        return await unit_to_fill(directory, asking, unit_id)
    unit = await visible_unit(directory, asking, unit_id)
    if not reach.covers(unit.path):
        raise Forbidden("You administer neither this unit nor the mail domain")
    return unit.path
