"""Functions by address."""

from services.directory.usecases.authority import caller, visible_unit
from services.directory.usecases.context import Directory
from services.directory.usecases.paging import page_size, resume_after, token_after
from services.directory.usecases.seeing_groups import visible_units
from services.directory.usecases.seeing_holders import Held, held


async def list_functions(directory: Directory, unit_id: str, size: int, token: str) -> tuple[list[Held], str]:
    """A page of functions of a unit and all below it, or of all units that the caller sees."""
    asking = await caller(directory)
    units = await visible_units(directory, asking)
    if unit_id:
        await visible_unit(directory, asking, unit_id)
        below = (await directory.tree.current()).names_below(unit_id)
        units = below if units is None else [each for each in below if each in set(units)]
    count = page_size(size)
    found = await directory.functions.page(units, resume_after(token, "functions", unit_id), count + 1)
    page = found[:count]
    following = token_after("functions", unit_id, page[-1].address) if len(found) > count else ""
    return await held(directory, asking, page), following
