"""Give letters to distribution lists to the members, a page of them after the other."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog

from chassis.errors import WorkspaceError
from chassis.ids import new_id
from services.mail.domain.dsn import Wishes
from services.mail.domain.envelope import Recipient
from services.mail.domain.lists import Group, list_fields
from services.mail.store.list_letters import ListLetter
from services.mail.store.submissions import Accepted
from services.mail.usecases.context import Mail
from services.mail.usecases.list_members import members_after
from services.mail.usecases.send import LEASE as DELIVERED_WITHIN
from services.mail.usecases.send import deliver_here
from services.mail.usecases.store_source import content_of

log = structlog.get_logger(__name__)
# Members that one page has, and pages of one letter before others have their turn.
PAGE, TURN = 250, 4
# How long a worker may take for its turn, before another one goes on where it was.
LEASE = timedelta(minutes=5)
# How long it is known who wrote it, after its members had time to make room.
KEPT = timedelta(days=2)


async def expand_due(mail: Mail) -> int:
    """Go on with each letter that is due. Returns how many were."""
    due = await mail.store.list_letters.claim_due(mail.now(), LEASE)
    for letter in due:
        try:
            await _expand(mail, letter)
        except WorkspaceError as error:  # due again after the lease; the others need not wait for it
            log.error("list_letter_not_expanded", letter=letter.id, list=letter.list_id, error=str(error))
    return len(due)


async def _expand(mail: Mail, letter: ListLetter) -> None:
    """Each page is a submission of the list's own, accepted in the transaction that advances the cursor: no member is
    left out and none gets it twice, wherever a worker dies. What is not delivered then is, as any submission."""
    group = await mail.store.groups.list_by_id(letter.list_id)
    if group is None:
        log.warning("letter_to_ended_list_dropped", letter=letter.id, list=letter.list_id)
        await _advance(mail, letter, None, None)
        return
    content = await content_of(mail, letter.blob)
    for _ in range(TURN):
        members, end = await members_after(mail, group, letter.cursor, PAGE)
        page = _page(mail, group, letter, members) if members else None
        if not await _advance(mail, letter, page, end):
            return
        if page is not None:
            await deliver_here(mail, page, content)
        if end is None:
            log.info("list_letter_expanded", letter=letter.id, list=letter.list_id)
            return
        letter = letter.at_cursor(end)
    await mail.store.list_letters.yield_turn(letter, mail.now())


async def _advance(mail: Mail, letter: ListLetter, page: Accepted | None, end: str | None) -> bool:
    """False when another worker was faster."""

    async def act(session: Any) -> bool:
        if end is None:
            until = mail.now() + mail.options.full_put_off + KEPT
            first = await mail.store.list_letters.finish(letter, until, session=session)
        else:
            first = await mail.store.list_letters.advance(letter, end, session=session)
        if not first:
            return False
        if page is not None:
            await mail.store.submissions.insert(page, page.at + DELIVERED_WITHIN, [], session=session)
        return True

    return await mail.store.transaction(act)


def _page(mail: Mail, group: Group, letter: ListLetter, members: Sequence[Recipient]) -> Accepted:
    return Accepted(
        id=new_id(),
        owner=group.receiver,
        sender=group.bounces,
        blob=letter.blob,
        trace=list_fields(group, may_answer=not group.named_writers) + letter.trace,
        local=tuple(members),
        foreign=(),
        at=mail.now(),
        # By which it is known whom to tell of members who miss it.
        wishes=Wishes(envid=letter.id),
        found=letter.found,
    )
