"""Keep a letter until somebody approves it, tell those who may, and give it back when nobody has in time."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from chassis.errors import NotFound, WorkspaceError
from services.mail.domain.approval import Ground, Outcome
from services.mail.domain.approval_letter import Waits, asking_letter, waiting_letter
from services.mail.domain.leaving import Action
from services.mail.domain.message import Content
from services.mail.domain.outgoing import Outgoing
from services.mail.store.awaiting import Awaiting
from services.mail.store.submissions import Accepted
from services.mail.usecases.context import Mail
from services.mail.usecases.deciders import reached
from services.mail.usecases.facts import acted, approval_decided
from services.mail.usecases.hold import draft_again, to_be_held
from services.mail.usecases.leaving import Caught
from services.mail.usecases.tell_owner import tell_each, tell_owner

log = structlog.get_logger(__name__)
# Of what is due, in one round.
MOST = 100
LOOK_AGAIN = timedelta(minutes=1)


async def await_approval(
    mail: Mail,
    accepted: Accepted,
    content: Content,
    draft: Outgoing,
    caught: Caught,
    release_at: datetime | None,
    repeat: str,
    first: Callable[[Any], Awaitable[None]],
) -> None:
    """The whole letter waits, for recipients here too. Durable when it returns. Raises as `hold` does."""
    held = await to_be_held(mail, accepted, content, draft.bcc, release_at or accepted.at, repeat)
    expires = accepted.at + mail.options.approval_wait
    named = draft.name
    letter = Awaiting(
        held=replace(held, due=expires),
        expires=expires,
        left=caught.holding,
        grounds=tuple(Ground(unit, each.name, each.text, each.action is Action.HOLD) for unit, each in caught.rules),
        authors=tuple({accepted.owner, named.owner if named is not None else accepted.owner}),
        sent_by=caught.stands.name,
        unit_path=caught.stands.unit_path,
    )

    async def act(session: Any) -> None:
        await first(session)
        await mail.store.awaiting.insert(letter, session=session)

    await mail.store.transaction(act)


async def list_own_awaiting(mail: Mail, owner: str) -> list[Awaiting]:
    """What an account sent and waits for approval, the eldest first."""
    return await mail.store.awaiting.of(owner)


async def ask_approvers(mail: Mail, owner: str, submission_id: str) -> None:
    """Letters to the sender and to those who may approve, unless it was decided meanwhile. Repeatable: each gets one.
    Raises `Unavailable` and its like, to be tried again."""
    letter = await mail.store.awaiting.one(owner, submission_id)
    if letter is None:
        return
    accepted = letter.held.accepted
    recipients = [*(each.address for each in accepted.local), *accepted.foreign]
    subject, sender = letter.held.subject, letter.sent_by
    told = Waits(letter.id, accepted.at, letter.expires, sender, subject, recipients, letter.grounds)
    with suppress(NotFound):  # the account was deleted meanwhile
        await tell_owner(mail, owner, partial(waiting_letter, told))
    policies = await mail.store.leaving_policies.of(letter.left)
    named = sorted({each for policy in policies for each in policy.approvers})
    asked = await reached(mail, named, letter.authors)
    if not asked:
        log.warning("nobody_approves", message=letter.id, units=letter.left)
    await tell_each(mail, asked, partial(asking_letter, told))


async def expire_awaiting(mail: Mail) -> int:
    """Give back what nobody decided on in time. Returns how many were looked at."""
    due = await mail.store.awaiting.due(mail.now(), MOST)
    for letter in due:
        told = {"submission": letter.id, "unit": ", ".join(letter.left)}
        facts = [
            approval_decided(letter.owner, letter.id, letter.held.subject, Outcome.EXPIRED),
            acted("expire_letter", letter.owner, told, named=letter.sent_by, unit_path=letter.unit_path),
        ]
        try:
            await draft_again(mail, letter.held, partial(mail.store.awaiting.take, letter), facts)
        except WorkspaceError as error:  # decided meanwhile, or looked at again soon
            log.warning("awaiting_letter_put_off", message=letter.id, error=str(error))
            await mail.store.awaiting.put_off(letter, mail.now() + LOOK_AGAIN)
    return len(due)
