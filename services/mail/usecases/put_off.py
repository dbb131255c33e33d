"""What finds no room in a mailbox here stays with us and is tried again; after some days its sender is told."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from workspace.mail.v1 import events_pb2

from chassis.errors import NotFound, OverQuota
from chassis.events import fact
from services.mail.domain.envelope import Outcome, Result
from services.mail.domain.lists import list_of
from services.mail.domain.message import Content
from services.mail.domain.notice import About, Kind
from services.mail.domain.queue import Waiting, failed
from services.mail.store.submissions import Accepted
from services.mail.usecases.context import Mail
from services.mail.usecases.missed_members import note_missed
from services.mail.usecases.tell_sender import Original, tell_account

# The next try: after a quarter of the time that it has waited already, within these.
SOON, LATE = timedelta(minutes=2), timedelta(hours=4)
STATUS = "5.2.2"
FULL = "La boîte du destinataire est pleine. / The recipient's mailbox is full."


async def settle(mail: Mail, accepted: Accepted, content: Content, outcomes: Sequence[Outcome]) -> None:
    """Write down who is still to get a letter that was just tried; an account that is gone meanwhile gets none.

    Only they are tried again: what shows that the others have it is forgotten after a day. Repeatable. Raises
    `Unavailable`.
    """
    waiting = [each for each in outcomes if each.result is Result.FAILED and not isinstance(each.error, NotFound)]
    full = [each for each in waiting if isinstance(each.error, OverQuota)]
    age = mail.now() - accepted.at
    given_up = full if age >= mail.options.full_put_off else []
    facts = await _give_up(mail, accepted, content, given_up)
    left = [each.recipient for each in waiting if each not in given_up]
    pause = min(max(SOON, age / 4), LATE) if len(full) == len(waiting) else SOON
    await mail.store.submissions.left(accepted, left, mail.now() + pause, facts)


async def _give_up(mail: Mail, accepted: Accepted, content: Content, outcomes: Sequence[Outcome]) -> list[Any]:
    """Tell the sender; the facts that tell everybody else. What has no sender is told to nobody (RFC 5321 §6.1), and
    who wrote to a list once of all its members."""
    if not outcomes or not accepted.sender:
        return []
    if list_id := list_of(accepted.owner):
        accounts = [each.recipient.account_id for each in outcomes]
        await note_missed(mail, list_id, accepted.wishes.envid, accounts)
        return []
    addresses = [each.recipient.address for each in outcomes]
    recipients = [Waiting(each, failed(STATUS, FULL), accepted.wishes.of(each)) for each in addresses]
    about = About(accepted.id, 0, accepted.sender, accepted.at, accepted.wishes.envid)
    original = Original(content.blob, content.size, full=accepted.wishes.ret == "FULL")
    at = accepted.at + mail.options.full_put_off
    await tell_account(mail, accepted.owner, mail.host, Kind.FAILED, about, recipients, original, at)
    return [_bounced(accepted, each) for each in addresses]


def _bounced(accepted: Accepted, address: str) -> Any:
    message = events_pb2.MessageBounced(
        account_id=accepted.owner, submission_id=accepted.id, recipient=address, status=STATUS, diagnostic=FULL
    )
    return fact(message, subject=accepted.id, version=2, audience=[accepted.owner])
