"""What moderators see of letters to their lists that wait for them, and decide; and what their senders take back."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import structlog

from chassis.errors import Conflict, Forbidden, NotFound
from chassis.identity import Identity
from services.mail.domain.approval import reason_given
from services.mail.domain.moderation import Outcome
from services.mail.store.moderated import Waiting
from services.mail.usecases.await_moderation import list_act, take_out, told_of
from services.mail.usecases.context import Mail
from services.mail.usecases.deciders import decides_as
from services.mail.usecases.list_policies import find_list

log = structlog.get_logger(__name__)
_UNKNOWN = "No letter of that name waits for you"


async def list_moderated(mail: Mail, account_id: str, after: str, count: int) -> list[Waiting]:
    """Up to `count` letters that wait for an account's decision, by their ids, which follow `after`."""
    return await mail.store.moderated.page(sorted(await _moderates(mail, account_id)), account_id, after, count)


async def find_moderated(mail: Mail, account_id: str, letter_id: str) -> Waiting:
    """Raises `NotFound` for what does not wait for the account, as for what there is not, and `Forbidden` for its own
    letters."""
    waiting = await mail.store.moderated.find(letter_id)
    if waiting is None or waiting.list_id not in await _moderates(mail, account_id):
        raise NotFound(_UNKNOWN)
    if account_id in waiting.authors:
        raise Forbidden("Nobody moderates letters of their own")
    return waiting


async def read_moderated(mail: Mail, waiting: Waiting, *, offset: int, length: int | None) -> AsyncIterator[bytes]:
    """Its octets; the audit log keeps who read them."""
    await mail.store.notices.tell([await list_act(mail, "read_list_letter", waiting)])
    return mail.blobs.open(waiting.letter.blob, offset=offset, length=length)


async def accept(mail: Mail, identity: Identity, letter_id: str) -> None:
    """The members get it: it is its list's in the transaction that takes it out (`usecases/expand_lists.py`).

    Raises as `find_moderated` does, too for what somebody else decided at the same moment, and `Conflict` while its
    sender is suspended, or the list is no more or that of all staff.
    """
    waiting = await find_moderated(mail, identity.account_id, letter_id)
    if any(person.suspended for person in await mail.people.by_ids([waiting.letter.author])):
        raise Conflict("Its sender's account is suspended")
    try:
        group = await find_list(mail, waiting.list_id)
    except NotFound as error:
        raise Conflict("The list is no more") from error
    if group.everybody:
        # It became that while the letter waited.
        raise Conflict("Nobody writes to all staff by way of a moderator")

    async def given(session: Any) -> None:
        await mail.store.list_letters.insert(waiting.letter, session=session)

    await _decide(mail, identity, waiting, "accept_list_letter", Outcome.ACCEPTED, "", given)


async def reject(mail: Mail, identity: Identity, letter_id: str, reason: str) -> None:
    """Its sender reads why. Raises as `find_moderated` does, and `InvalidInput`."""
    reason = reason_given(reason, needed=True)
    waiting = await find_moderated(mail, identity.account_id, letter_id)
    await _decide(mail, identity, waiting, "reject_list_letter", Outcome.REJECTED, reason)


async def discard(mail: Mail, identity: Identity, letter_id: str) -> None:
    """Nobody is told, but the audit log. Raises as `find_moderated` does."""
    waiting = await find_moderated(mail, identity.account_id, letter_id)
    await _decide(mail, identity, waiting, "discard_list_letter", None, "")


async def withdraw(mail: Mail, account_id: str, letter_id: str) -> None:
    """Who sent it takes it back; the audit log of the list keeps that. Raises `NotFound` for what there is not, what
    somebody else sent, and what was decided on."""
    waiting = await mail.store.moderated.find(letter_id)
    if waiting is None or waiting.letter.author != account_id:
        raise NotFound("No letter of yours of that name waits")
    facts = [await list_act(mail, "withdraw_list_letter", waiting)]
    await _taken_out(mail, waiting, facts)
    log.info("withdraw_list_letter", letter=waiting.id, list=waiting.list_id)


async def _decide(
    mail: Mail,
    identity: Identity,
    waiting: Waiting,
    name: str,
    outcome: Outcome | None,
    reason: str,
    also: Any = None,
) -> None:
    """Whoever takes it out decides, and whoever comes later finds nothing."""
    facts = [await list_act(mail, name, waiting, reason)]
    if outcome is not None:
        facts += told_of(waiting, outcome, identity.address, reason)

    await _taken_out(mail, waiting, facts, also)
    log.info(name, letter=waiting.id, list=waiting.list_id)


async def _taken_out(mail: Mail, waiting: Waiting, facts: Sequence[Any], also: Any = None) -> None:
    """Raises `NotFound` for what somebody else took out at the same moment."""

    async def act(session: Any) -> None:
        if not await take_out(mail, waiting, session=session):
            raise NotFound(_UNKNOWN)
        if also is not None:
            await also(session)
        await mail.store.notices.tell(facts, session=session)

    await mail.store.transaction(act)


async def _moderates(mail: Mail, account_id: str) -> set[str]:
    """The lists."""
    return set(await mail.store.list_policies.moderated_by(await decides_as(mail, account_id)))
