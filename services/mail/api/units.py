"""Units as administrators name them."""

from contextlib import suppress
from typing import Protocol

from chassis.errors import NotFound
from chassis.identity import current_identity
from services.mail.domain.allotment import Whereabouts


class Units(Protocol):
    """Directory, as far as units, and whose mail domains are, is asked of it."""

    async def unit(self, unit_id: str) -> Whereabouts:
        """Its name, and the path to it and with it. Raises `NotFound` or `Unavailable`."""
        ...

    async def unit_of_domain(self, domain: str) -> str:
        """The id of the unit that a mail domain is of. Raises `NotFound` or `Unavailable`."""
        ...


async def administers_domain(units: Units, domain: str) -> bool:
    """Whether the caller administers the unit that a mail domain is of; the national administrator does every one."""
    if current_identity().administers(()):
        return True
    with suppress(NotFound):
        return current_identity().administers((await units.unit(await units.unit_of_domain(domain))).unit_path)
    return False


async def administered(units: Units, unit_id: str) -> Whereabouts:
    """Raises `NotFound` for one that the caller does not administer, as for one that there is not."""
    found = None
    if unit_id:
        with suppress(NotFound):
            found = await units.unit(unit_id)
    if found is None or not current_identity().administers(found.unit_path):
        raise NotFound("No such unit")
    return found
