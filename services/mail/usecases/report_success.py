"""Tell a sender that its message is where it should be, when it asked for that (RFC 3461 §5.2.7)."""

from collections.abc import Sequence
from datetime import datetime

from chassis.errors import InvalidInput, NotFound
from services.mail.domain.dsn import Wishes
from services.mail.domain.envelope import Outcome, Result
from services.mail.domain.message import Content
from services.mail.domain.notice import About, Kind
from services.mail.domain.queue import Fate, Waiting
from services.mail.domain.queue import Outcome as Try
from services.mail.store.submissions import Accepted
from services.mail.usecases.context import Mail
from services.mail.usecases.resolve_recipient import resolve_recipient
from services.mail.usecases.tell_sender import Original, tell_account, tell_elsewhere

_THERE = Try(Fate.DELIVERED, "2.0.0", "")


async def report_sent(mail: Mail, accepted: Accepted, content: Content, outcomes: Sequence[Outcome]) -> None:
    """Of a message that one of our accounts sent, the recipients here. Repeatable. Raises `Unavailable`."""
    about = About(accepted.id, 0, accepted.sender, accepted.at, accepted.wishes.envid)
    original = Original(content.blob, content.size)
    for kind, recipients in _sorted(accepted.wishes, outcomes):
        await tell_account(mail, accepted.owner, mail.host, kind, about, recipients, original, accepted.at)


async def report_received(
    mail: Mail,
    sender: str,
    wishes: Wishes,
    content: Content,
    outcomes: Sequence[Outcome],
    message_id: str,
    at: datetime,
) -> None:
    """Of a message from outside, to whoever was proven to have sent it. Raises `Unavailable`.

    Told again, as the message came again, a sender elsewhere hears of it once.
    """
    about = About(message_id, 0, sender, at, wishes.envid)
    original = Original(content.blob, content.size)
    for kind, recipients in _sorted(wishes, outcomes):
        owner = next(outcome.recipient.account_id for outcome in outcomes)
        if not mail.domains.hold(sender):
            await tell_elsewhere(mail, owner, kind, about, recipients, original)
        elif any(outcome.result is Result.DELIVERED for outcome in outcomes):
            try:
                to = await resolve_recipient(mail, sender)
            except (NotFound, InvalidInput):
                continue
            await tell_account(mail, to.account_id, mail.host, kind, about, recipients, original, at)


def _sorted(wishes: Wishes, outcomes: Sequence[Outcome]) -> list[tuple[Kind, list[Waiting]]]:
    """Whom something is to be told of: an address that several receive for was expanded."""
    there = [each for each in outcomes if each.result is not Result.FAILED]
    kinds: dict[Kind, list[Waiting]] = {Kind.DELIVERED: [], Kind.EXPANDED: []}
    for each in there:
        wish = wishes.of(each.recipient.address)
        if wish.of_success:
            kind = Kind.EXPANDED if each.recipient.also else Kind.DELIVERED
            kinds[kind].append(Waiting(each.recipient.address, _THERE, wish))
    return [(kind, recipients) for kind, recipients in kinds.items() if recipients]
