"""Tell an agent that the mailboxes are nearly full, or full."""

from functools import partial

from services.mail.domain.quota_letter import Told, quota_letter
from services.mail.usecases.context import Mail
from services.mail.usecases.tell_owner import tell_owner


async def warn_of_quota(mail: Mail, owner: str, told: Told) -> None:
    """Repeatable: the same fact makes one letter. Raises as `tell_owner` does."""
    await tell_owner(mail, owner, partial(quota_letter, told))
