"""What a process asked of the database a moment ago, and need not ask for each letter."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from cachetools import TTLCache

from services.mail.domain.allotment import Limits
from services.mail.domain.journal import Journal
from services.mail.domain.matters import Matter
from services.mail.domain.moderation import ListPolicy
from services.mail.domain.quota import Usage
from services.mail.domain.retention import Retention


def _believed() -> TTLCache[str, Any]:
    """For some seconds, as facts about who stands where take that long too."""
    return TTLCache(10_000, 5.0)


@dataclass(frozen=True, slots=True)
class Known:
    """By account, unless it says otherwise."""

    # What holds for it.
    limits: MutableMapping[str, Limits] = field(default_factory=_believed)
    # How long its mail is kept.
    retention: MutableMapping[str, Retention] = field(default_factory=_believed)
    # What it kept, where that was far from its quota.
    usages: MutableMapping[str, Usage] = field(default_factory=_believed)
    # Journals that are kept, under one key.
    journals: MutableMapping[str, tuple[Journal, ...]] = field(default_factory=_believed)
    # Matters for which something may be kept, under one key.
    matters: MutableMapping[str, tuple[Matter, ...]] = field(default_factory=_believed)
    # Of lists that somebody outside wrote to.
    list_policies: MutableMapping[str, ListPolicy] = field(default_factory=_believed)
