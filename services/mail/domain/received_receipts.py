"""What a receipt says that somebody sent us (RFC 8098 §3): of which letter, by whom, and what became of the letter."""

from dataclasses import dataclass
from datetime import datetime

from chassis.errors import InvalidInput
from services.mail.domain import header
from services.mail.domain.envelope import mail_address
from services.mail.domain.mime.references import message_ids

# Octets of the part that machines read; what is longer is no receipt.
MOST_OCTETS = 16 * 1024
# RFC 8098 §3.2.6.2.
_DISPOSITIONS = frozenset(("displayed", "deleted", "dispatched", "processed"))


@dataclass(frozen=True, slots=True)
class Notification:
    """`by`: the addresses that it may be of, first the one that the letter was written to; none where it says none."""

    message_id: str
    by: tuple[str, ...]
    disposition: str


@dataclass(frozen=True, slots=True)
class ReceivedReceipt:
    """`proven`: whoever said so is known to be who the letter was written to, or of the same domain."""

    by: str
    at: datetime
    disposition: str
    proven: bool


def notification(octets: bytes) -> Notification | None:
    """What such a part says; None for what says nothing of a letter, or that something went wrong with it."""
    said = {name: next(header.values(octets, name), "") for name in (
        "original-message-id", "original-recipient", "final-recipient", "disposition",
    )}  # fmt: skip
    what, _, modifiers = said["disposition"].partition(";")[2].partition("/")
    disposition = what.strip().lower()
    found = message_ids(said["original-message-id"])[:1]
    if not found or disposition not in _DISPOSITIONS or "error" in modifiers.lower():
        return None
    by = (_address(said[name]) for name in ("original-recipient", "final-recipient"))
    return Notification(found[0], tuple(dict.fromkeys(each for each in by if each)), disposition)


def letter_id(message_id: str) -> str:
    """By which a letter of ours is known, from its Message-ID field; empty without one."""
    return next(iter(message_ids(message_id)), "")


def _address(field: str) -> str:
    """Of "rfc822; agent1@gouv.tg" the address; empty for what is none."""
    try:
        return mail_address(field.partition(";")[2].strip().strip("<>"))
    except InvalidInput:
        return ""
