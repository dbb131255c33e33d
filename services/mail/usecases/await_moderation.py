"""Keep a letter to a list until a moderator decides, and end it when nobody has in time."""

from datetime import timedelta
from email.utils import parseaddr
from typing import Any

import structlog

from chassis.errors import WorkspaceError
from services.mail.domain.message import Content
from services.mail.domain.moderation import Outcome
from services.mail.store.list_letters import ListLetter
from services.mail.store.moderated import Waiting
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import acted, moderation_decided
from services.mail.usecases.list_members import writes_freely

log = structlog.get_logger(__name__)
# Of what is due, in one round.
MOST = 100
LOOK_AGAIN = timedelta(minutes=1)


async def to_wait(mail: Mail, letter: ListLetter, author: str, sender: str, content: Content) -> Waiting | None:
    """The letter as it waits; None where its author writes freely, or the list never had moderators.

    Asked when it is delivered: who may no longer write freely by then waits, and where nobody moderates any more it
    expires, rather than going to the members unseen.
    """
    policy = await mail.store.list_policies.get(letter.list_id)
    group = await mail.store.groups.list_by_id(letter.list_id) if policy is not None else None
    if group is None or await writes_freely(mail, group, author):
        return None
    _, named = parseaddr(content.description.sender)
    authors = {author, *[await mail.people.account_of(each.lower()) for each in (sender, named) if each]}
    return Waiting(
        letter,
        group.address,
        letter.at + mail.options.moderation_wait,
        author,
        tuple(sorted(each for each in authors if each)),
        sender,
        content.description.subject,
        content.size,
    )


async def expire_moderated(mail: Mail) -> int:
    """End what nobody decided on in time. Returns how many were looked at."""
    due = await mail.store.moderated.due(mail.now(), MOST)
    for waiting in due:
        try:
            await _expire(mail, waiting)
        except WorkspaceError as error:  # looked at again soon; the others need not wait for it
            log.warning("moderated_letter_put_off", letter=waiting.id, error=str(error))
            await mail.store.moderated.put_off(waiting, mail.now() + LOOK_AGAIN)
    return len(due)


async def _expire(mail: Mail, waiting: Waiting) -> None:
    facts = [
        await list_act(mail, "expire_list_letter", waiting),
        moderation_decided(waiting.author, waiting.id, waiting.address, waiting.subject, Outcome.EXPIRED),
    ]

    async def act(session: Any) -> None:
        if await mail.store.moderated.take(waiting, session=session):
            await mail.store.notices.tell(facts, session=session)

    await mail.store.transaction(act)


async def list_act(mail: Mail, name: str, waiting: Waiting, reason: str = "") -> Any:
    """What is done with a letter, for the audit log of its list's unit."""
    policy = await mail.store.list_policies.get(waiting.list_id)
    told = {"letter": waiting.id, "sender": waiting.sender, **({"reason": reason} if reason else {})}
    unit_path = policy.unit_path if policy is not None else ()
    return acted(name, waiting.list_id, told, named=waiting.address, unit_path=unit_path)
