"""Erase the mail of an account that is no more."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog

from chassis.errors import NotFound, WorkspaceError
from chassis.events import Fact
from services.mail.domain.allotment import Holder
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.rights import LOOKUP
from services.mail.usecases.access import hearers_of
from services.mail.usecases.context import Mail
from services.mail.usecases.custody import custody_of, matters_in_force
from services.mail.usecases.delete_mailbox import clear_mailbox
from services.mail.usecases.facts import mailbox_changed, personal_data_erased
from services.mail.usecases.retention import retention_at
from services.mail.usecases.share_mailbox import forget_grantee

log = structlog.get_logger(__name__)
# A delivery that was under way when the account was deleted has ended by then.
LOOK_AGAIN = timedelta(minutes=10)


async def begin_erasure(mail: Mail, owner: str, unit_path: Sequence[str] = ()) -> None:
    """From now on nobody opens the account's mailboxes again; `erase_due` does the rest, when what has to be kept was
    kept so long. Repeatable.

    `unit_path`: to where the account stood, for matters about units that have not found it yet.
    """
    matters = await matters_in_force(mail, now=True)
    if about := [each.id for each in matters if each.covers(owner, tuple(unit_path))]:
        await mail.store.custodies.add(owner, about)
    kept = (await retention_at(mail, owner, unit_path)).minimum
    await mail.store.erasures.begin(owner, mail.now() + kept, unit_path if kept else ())


async def erase_due(mail: Mail) -> int:
    """Erase what is left of accounts that are no more. Returns how many were looked at.

    Each is looked at again until nothing was found: what was being delivered meanwhile goes too. That of custodians
    waits until no matter needs it.
    """
    due = await mail.store.erasures.claim_due(mail.now(), LOOK_AGAIN)
    if due:
        await matters_in_force(mail, now=True)
    for owner in due:
        try:
            if (await custody_of(mail, owner)).matters:
                continue
            if not await erase_account(mail, owner):
                await mail.store.erasures.done(owner)
            await answer_erasure(mail, owner)
        except WorkspaceError as error:  # due again after the lease; the others need not wait for it
            log.error("account_not_erased", account=owner, error=str(error))
    return len(due)


async def answer_erasure(mail: Mail, owner: str) -> None:
    """Tell whoever asked for it how much was erased."""
    mailboxes, messages = await mail.store.erasures.counted(owner)
    for request_id in await mail.store.erasures.waiting(owner):
        told = [personal_data_erased(request_id, owner, mailboxes, messages)]

        async def act(session: Any, request_id: str = request_id, told: Sequence[Fact] = told) -> None:
            await mail.store.notices.tell(told, session=session)
            await mail.store.erasures.answered(owner, request_id, session=session)

        await mail.store.transaction(act)


async def erase_account(mail: Mail, owner: str) -> bool:
    """Erase all that is kept of an account, in whatever collection; whether there was something.

    Repeatable and resumable: mailboxes go one by one. The blobs go with the next sweep, as nothing names them. What a
    successor was given is the successor's.
    """
    boxes = await mail.store.mailboxes.of(owner)
    for box in boxes:
        with suppress(NotFound):  # another worker was faster
            await _bury(mail, owner, box)
        await clear_mailbox(mail, owner, box.id)
    await mail.store.annotations.remove_all(owner)
    await mail.store.submissions.remove_all(owner)
    await mail.store.uploads.remove_all(owner)
    await mail.store.identities.remove(owner)
    await mail.store.awaiting.remove_all(owner)
    # After those that wait for approval, which may become held meanwhile.
    await mail.store.held.remove_all(owner)
    await mail.store.leaving_policies.forget_approver(owner)
    await mail.store.moderated.remove_all(owner)
    # Likewise what moderators accept meanwhile.
    await mail.store.list_letters.forget_author(owner)
    await mail.store.list_policies.forget_moderator(owner)
    await mail.store.handovers.forget(owner)
    await forget_grantee(mail, owner)
    await mail.store.delegations.forget(owner)
    await mail.store.grants.forget(owner)
    await mail.store.digests.forget(owner)
    await mail.store.receipt_policies.forget(owner)
    await mail.store.asked_receipts.remove_all(owner)
    await mail.store.sent_invitations.remove_all(owner)
    await mail.store.remembered.remove_all(owner)
    await mail.store.imports.forget(owner)
    deleted = await mail.store.recoverable.remove_all(owner)
    await mail.store.preserved.remove_all(owner)
    scripts = await mail.store.scripts.remove(owner)
    await mail.store.transaction(lambda session: mail.store.pools.forget(owner, session=session))
    await mail.store.allotments.forget(Holder.ACCOUNT, owner)
    await mail.store.journals.forget_account(owner)
    await mail.store.retention_policies.forget(Holder.ACCOUNT, owner)
    await mail.store.tallies.forget(owner)
    return bool(boxes) or deleted or scripts


async def _bury(mail: Mail, owner: str, box: Mailbox) -> None:
    async def act(session: Any) -> None:
        after = await mail.store.mailboxes.advance(owner, box.id, session=session)
        gone = mailbox_changed(after, "", await hearers_of(mail, after, LOOKUP), deleted=True)
        await mail.store.mailboxes.bury(owner, box.id, [gone], session=session)
        await mail.store.grants.forget_lists(after, [who for who, _ in after.acl], session=session)
        await mail.store.erasures.count(owner, after.messages, session=session)

    await mail.store.transaction(act)
