"""What was deleted and can be had back."""

from dataclasses import dataclass
from datetime import datetime

# Where it goes when the mailbox that it was in is gone.
RESTORED = "Restaurés"


@dataclass(frozen=True, slots=True)
class Recoverable:
    """A deleted message. `mailbox` is the name of the one that it was in, empty when that is not known any more."""

    id: str
    mailbox_id: str
    mailbox: str
    deleted_at: datetime
    kept_until: datetime
    blob: str
    subject: str
    sender: str
    received_at: datetime
    size: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What was recoverable as `id` is a message again."""

    id: str
    message_id: str
    mailbox_id: str
