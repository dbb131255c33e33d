"""What approvers see of letters that wait for them, and decide."""

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import Any

import structlog

from chassis.errors import Conflict, Forbidden, NotFound
from chassis.events import Fact
from chassis.identity import Identity
from services.mail.domain.approval import Outcome, reason_given
from services.mail.domain.message import Content
from services.mail.store.awaiting import Awaiting
from services.mail.usecases.context import Mail
from services.mail.usecases.deciders import decides_as
from services.mail.usecases.facts import acted, approval_decided
from services.mail.usecases.hold import draft_again
from services.mail.usecases.store_source import content_of

log = structlog.get_logger(__name__)
_UNKNOWN = "No letter of that name waits for you"


async def list_awaiting(mail: Mail, account_id: str, after: str, count: int) -> list[Awaiting]:
    """Up to `count` letters that wait for an account's decision, by their ids, which follow `after`."""
    units = await _decides_for(mail, account_id)
    return await mail.store.awaiting.page(sorted(units), account_id, after, count) if units else []


async def find_awaiting(mail: Mail, account_id: str, letter_id: str) -> Awaiting:
    """Raises `NotFound` for what does not wait for the account, as for what there is not, and `Forbidden` for its own
    letters."""
    letter, _ = await _found(mail, account_id, letter_id)
    return letter


async def awaiting_content(mail: Mail, letter: Awaiting) -> Content:
    """What was found in it."""
    return await content_of(mail, letter.held.accepted.blob)


async def read_awaiting(mail: Mail, letter: Awaiting, *, offset: int, length: int | None) -> AsyncIterator[bytes]:
    """Its octets; the audit log keeps who read them."""
    await mail.store.notices.tell([_act("read_awaiting_letter", letter)])
    return mail.blobs.open(letter.held.accepted.blob, offset=offset, length=length)


async def approve(mail: Mail, identity: Identity, letter_id: str, reason: str) -> tuple[str, ...]:
    """Approve for all units that one decides for; which are still missing. With the last one it is held until its time,
    which may be now, in the same transaction: from there it leaves once (`usecases/release.py`).

    Raises as `find_awaiting` does, `InvalidInput`, and `Conflict` for what somebody else decided at the same moment,
    and while the sender is suspended.
    """
    reason = reason_given(reason, needed=False)
    letter, units = await _found(mail, identity.account_id, letter_id)
    if any(person.suspended for person in await mail.people.by_ids([letter.owner])):
        raise Conflict("Its sender's account is suspended")
    left = tuple(unit for unit in letter.left if unit not in units)
    told: list[Fact] = [_act("approve_letter", letter, unit=", ".join(sorted(units)), reason=reason)]
    if not left:
        told.append(_decided(letter, Outcome.APPROVED, identity, reason))
    release_at = max(mail.now(), letter.held.release_at)

    async def act(session: Any) -> None:
        if left:
            done = await mail.store.awaiting.approve(letter, left, session=session)
        elif done := await mail.store.awaiting.take(letter, session=session):
            held = replace(letter.held, release_at=release_at, due=release_at)
            await mail.store.held.insert(held, session=session)
        if not done:
            raise Conflict("Somebody else decided; look again")
        await mail.store.notices.tell(told, session=session)

    await mail.store.transaction(act)
    log.info("letter_approved", message=letter.id, missing=left)
    return left


async def refuse(mail: Mail, identity: Identity, letter_id: str, reason: str) -> None:
    """It is its sender's draft again. Raises as `find_awaiting` does, `InvalidInput`, and `NotFound` too for what
    somebody else decided at the same moment."""
    reason = reason_given(reason, needed=True)
    letter, units = await _found(mail, identity.account_id, letter_id)
    told = [
        _act("refuse_letter", letter, unit=", ".join(sorted(units)), reason=reason),
        _decided(letter, Outcome.REFUSED, identity, reason),
    ]
    await draft_again(mail, letter.held, partial(mail.store.awaiting.take, letter), told)
    log.info("letter_refused", message=letter.id)


async def _found(mail: Mail, account_id: str, letter_id: str) -> tuple[Awaiting, set[str]]:
    """It, and the units that the account decides for of those that are missing."""
    letter = await mail.store.awaiting.find(letter_id)
    units = await _decides_for(mail, account_id) if letter is not None else set()
    if letter is None or not units.intersection(letter.left):
        raise NotFound(_UNKNOWN)
    if account_id in letter.authors:
        raise Forbidden("Nobody approves letters of their own")
    return letter, units.intersection(letter.left)


async def _decides_for(mail: Mail, account_id: str) -> set[str]:
    """The units."""
    return set(await mail.store.leaving_policies.approved_by(await decides_as(mail, account_id)))


def _act(act: str, letter: Awaiting, **details: str) -> Any:
    accepted, rules = letter.held.accepted, ", ".join(each.name for each in letter.grounds if each.holds)
    told = {
        "submission": letter.id,
        "rule": rules[:1000],
        "recipients": str(len(accepted.local) + len(accepted.foreign)),
        **{name: value for name, value in details.items() if value},
    }
    return acted(act, letter.owner, told, named=letter.sent_by, unit_path=letter.unit_path)


def _decided(letter: Awaiting, outcome: Outcome, identity: Identity, reason: str) -> Any:
    return approval_decided(letter.owner, letter.id, letter.held.subject, outcome, identity.address, reason)
