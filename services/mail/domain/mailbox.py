"""A mailbox: a named, ordered collection of messages of one account."""

from dataclasses import dataclass
from enum import Enum


class SpecialUse(Enum):
    """What a mailbox is for (RFC 6154); INBOX is RFC 3501's own."""

    INBOX = "inbox"
    DRAFTS = "drafts"
    SENT = "sent"
    ARCHIVE = "archive"
    JUNK = "junk"
    TRASH = "trash"


# Name and use of the mailboxes that every account has, in the order in which they are shown.
PROVISIONED: tuple[tuple[str, SpecialUse], ...] = (
    ("INBOX", SpecialUse.INBOX),
    ("Drafts", SpecialUse.DRAFTS),
    ("Sent", SpecialUse.SENT),
    ("Archive", SpecialUse.ARCHIVE),
    ("Junk", SpecialUse.JUNK),
    ("Trash", SpecialUse.TRASH),
)
_SHOWN = {use: place for place, (_, use) in enumerate(PROVISIONED)}


@dataclass(frozen=True, slots=True)
class Mailbox:
    """State of a mailbox at one moment. `modseq` is its HIGHESTMODSEQ (RFC 7162): its cursor."""

    id: str
    owner: str
    # "/" between levels.
    name: str
    uid_validity: int
    uid_next: int
    modseq: int
    special_use: SpecialUse | None
    subscribed: bool
    messages: int
    # Without \Seen.
    unseen: int
    # Octets of all messages.
    size: int
    # Expunges up to this modseq are forgotten: whoever has an older cursor compares all UIDs instead.
    horizon: int = 0
    # Its owner left, and somebody succeeds: what comes is to be handed over.
    handed: bool = False
    # Who else may do what in it: account ids with the letters of RFC 4314.
    acl: tuple[tuple[str, str], ...] = ()


def in_order(mailboxes: list[Mailbox]) -> list[Mailbox]:
    """The ones with a use first, then by name."""
    return sorted(
        mailboxes,
        key=lambda box: (_SHOWN[box.special_use] if box.special_use else len(_SHOWN), box.name.casefold(), box.name),
    )
