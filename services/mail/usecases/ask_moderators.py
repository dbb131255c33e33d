"""Tell those who may decide on a letter to a list, and who sent it, that it waits."""

from contextlib import suppress
from functools import partial

import structlog

from chassis.errors import NotFound
from services.mail.domain.moderation_letter import WaitsForModerator, moderated_letter, moderating_letter
from services.mail.usecases.context import Mail
from services.mail.usecases.deciders import reached
from services.mail.usecases.tell_owner import tell_each, tell_owner

log = structlog.get_logger(__name__)


async def ask_moderators(mail: Mail, letter_id: str) -> None:
    """Letters to the sender, where it has an account, and to those who may decide, unless it was decided meanwhile.
    Repeatable: each gets one.
    Raises `Unavailable` and its like, to be tried again."""
    waiting = await mail.store.moderated.find(letter_id)
    policy = await mail.store.list_policies.get(waiting.list_id) if waiting is not None else None
    group = await mail.store.groups.list_by_id(waiting.list_id) if waiting is not None else None
    if waiting is None or group is None or policy is None:
        return
    told = WaitsForModerator(
        waiting.id,
        waiting.letter.at,
        waiting.expires,
        group.address,
        waiting.letter.sender,
        waiting.letter.subject,
        waiting.why,
        from_outside=waiting.letter.from_outside,
    )
    if not waiting.letter.from_outside:
        with suppress(NotFound):  # the account was deleted meanwhile
            await tell_owner(mail, waiting.letter.author, partial(moderated_letter, told))
    asked = await reached(mail, policy.moderators, waiting.authors)
    if not asked:
        log.warning("nobody_moderates", letter=waiting.id, list=waiting.list_id)
    await tell_each(mail, asked, partial(moderating_letter, told))
