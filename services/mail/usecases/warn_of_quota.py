"""Tell an agent that the mailboxes are nearly full, or full; and administrators that those of a unit are."""

from collections.abc import Sequence
from functools import partial

from services.mail.domain.pool_letter import PoolTold, pool_letter
from services.mail.domain.quota_letter import Told, quota_letter
from services.mail.usecases.context import Mail
from services.mail.usecases.tell_owner import tell_owner


async def warn_of_quota(mail: Mail, owner: str, told: Told) -> None:
    """Repeatable: the same fact makes one letter. Raises as `tell_owner` does."""
    await tell_owner(mail, owner, partial(quota_letter, told))


async def warn_of_pool(mail: Mail, unit_path: Sequence[str], told: PoolTold) -> None:
    """A letter to each who administers the unit. Repeatable. Raises as `tell_owner` does."""
    for person in await mail.people.administrators(unit_path):
        await tell_owner(mail, person.account_id, partial(pool_letter, told))
