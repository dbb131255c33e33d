"""How mail behaves, as whoever runs the platform chose."""

from dataclasses import dataclass, field
from datetime import timedelta

from services.mail.domain.quota import Quota
from services.mail.domain.sending import Allowance


@dataclass(frozen=True, slots=True)
class Options:
    """What the settings say to use cases."""

    # How many people an account may write to.
    allowance: Allowance = field(default_factory=Allowance)
    # Whether accounts may have their letters sent on to other domains.
    forwarding_outside: bool = True
    # What an account may keep, unless it or its unit was given another quota.
    quota: Quota = field(default_factory=Quota)
    # How long a letter waits for room in a full mailbox, here or with the server that it comes from.
    full_put_off: timedelta = timedelta(days=3)
    # How long a letter waits for approval.
    approval_wait: timedelta = timedelta(days=7)
    # How long a letter to a list waits for a moderator.
    moderation_wait: timedelta = timedelta(days=7)
    # How long what was deleted can be had back.
    deleted_kept: timedelta = timedelta(days=30)
    # Octets of a message, at most.
    max_message: int = 50 * 1024 * 1024
