"""A letter on its way to one account whose script says what becomes of it."""

from collections.abc import Callable, Mapping, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any

from chassis.events import Fact
from services.mail.domain.envelope import Delivery, without_detail
from services.mail.domain.journal import Journaled
from services.mail.domain.message import Content, Placed
from services.mail.domain.sieve import Letter
from services.mail.usecases.run_script import Opened

# A letter that was in as many mailboxes goes no further: each may pass it on to several others.
MAX_HOPS = 5


@dataclass(frozen=True, slots=True)
class Arriving:
    """`sender` is the envelope's, `shared` is `described(content)`, `repeat` the mark of this delivery."""

    owner: str
    sender: str
    delivery: Delivery
    content: Content
    shared: Mapping[str, Any]
    opened: Opened
    repeat: str
    # The one that facts of it are of.
    context: Context = field(default_factory=copy_context)
    # Another fact of it than that it came.
    also: Callable[[str, Placed], Fact] | None = None
    # What journals are to be told of it, in the transaction that takes it in.
    journaled: Sequence[Journaled] = ()

    @property
    def address(self) -> str:
        """The account's address that was written to."""
        return without_detail(self.delivery.recipient.address.lower())

    @property
    def refusable(self) -> bool:
        """Whether a refusal reaches whoever sends: then the address has no other account that received it."""
        return self.delivery.refusable and len(self.delivery.recipient.accounts) == 1

    def goes_round(self, letter: Letter) -> bool:
        """Whether it was in this mailbox already, or in many: then it is kept, and causes no other letter."""
        passed = _passed(letter, self.delivery.prefix)
        return self.address in map(without_detail, passed) or len(passed) >= MAX_HOPS


def _passed(letter: Letter, prefix: bytes) -> list[str]:
    """The mailboxes that it was in before, by what stood in its header when it came."""
    own = len(Letter(prefix, b"", 0).raw("delivered-to"))
    return [each.strip("<> ").lower() for each in letter.values("delivered-to")[own:]]
