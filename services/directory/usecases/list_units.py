"""The units directly below one."""

from services.directory.domain.units import Unit
from services.directory.usecases.authority import caller, visible_below, visible_unit
from services.directory.usecases.context import Directory
from services.directory.usecases.paging import page_size, resume_after, token_after


async def list_units(directory: Directory, parent_id: str, size: int, token: str) -> tuple[list[Unit], str]:
    """A page of units by name, and the token of the next page; without a parent, of the ministries."""
    asking = await caller(directory)
    path = (await visible_unit(directory, asking, parent_id)).path if parent_id else ()
    count = page_size(size)
    after = resume_after(token, "units", parent_id)
    visible = visible_below(asking, path)
    if visible is None:
        found = await directory.units.page(parent_id, after, count + 1)
    else:
        found = [unit for unit in await directory.units.named(visible) if unit.sorting_key > after]
    page = found[:count]
    return page, token_after("units", parent_id, page[-1].sorting_key) if len(found) > count else ""
