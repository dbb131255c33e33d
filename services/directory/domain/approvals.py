"""Acts that one administrator asks for and another one approves."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chassis.errors import InvalidInput

WAITING, APPROVED, DONE, FAILED = "waiting", "approved", "done", "failed"
REFUSED, WITHDRAWN, EXPIRED = "refused", "withdrawn", "expired"
LASTS = timedelta(days=7)
# How long one can be read after its end; the audit log keeps what was done for good.
KEPT = timedelta(days=180)
MOST_WAITING = 100
# What was approved and cannot be done for so long, for whatever reason, is given up.
GIVEN_UP_AFTER = timedelta(days=1)

MOVE_UNIT, MERGE_UNITS, DISSOLVE_UNIT = "move_unit", "merge_units", "dissolve_unit"
GRANT_ADMINISTRATOR, RESET_ADMINISTRATOR = "grant_administrator", "reset_administrator"
EXPORT_DATA, ERASE_DATA = "export_personal_data", "erase_personal_data"
DELETE_DOMAIN, REGISTER_CLIENT = "delete_domain", "register_client"
HAND_OVER_MAILBOX = "hand_over_mailbox"
# What a policy may name, in the order in which it is shown.
ACTS = (
    MOVE_UNIT, MERGE_UNITS, DISSOLVE_UNIT, GRANT_ADMINISTRATOR, RESET_ADMINISTRATOR, EXPORT_DATA, ERASE_DATA,
    DELETE_DOMAIN, REGISTER_CLIENT, HAND_OVER_MAILBOX,
)  # fmt: skip
# Always asked for: what two have to agree upon is agreed upon by two, and nobody is the only one who could.
CHANGE_POLICY = "change_policy"

Path = tuple[str, ...]


@dataclass(frozen=True)
class SensitiveAct:
    """What somebody is about to do, once all has been checked but whether one is enough for it."""

    act: str
    # The use case and its arguments, as JSON has them.
    operation: str
    arguments: Mapping[str, Any]
    target_id: str
    target: str
    # The units whose policies count.
    governed: tuple[Path, ...]
    # The units over which somebody has to have authority, to be shown what is asked.
    by: tuple[Path, ...]
    # What is to be done, for whoever decides; no secret.
    details: Mapping[str, str] = field(default_factory=dict)
    # Another act that it comes to as well.
    also: str = ""


@dataclass(frozen=True)
class Approval:
    """An act that waits, or has been decided upon."""

    id: str
    act: str
    operation: str
    target_id: str
    target: str
    governed: tuple[Path, ...]
    by: tuple[Path, ...]
    details: Mapping[str, str]
    asked_by: str
    asker: str
    asked_at: datetime
    expires_at: datetime
    # How strong the login was in which it was asked.
    acr: str
    state: str = WAITING
    # Its arguments, sealed; empty after the end.
    sealed: str = ""
    # Why it is asked for, in the words of who asked.
    reason: str = ""
    decided_by: str = ""
    decider: str = ""
    decided_at: datetime | None = None
    decider_acr: str = ""
    # Why it was refused, or what kept it from being done.
    answer: str = ""
    # Something is there for who asked: a code, a client's secret.
    has_result: bool = False
    version: int = 1

    def waits(self, now: datetime) -> bool:
        return self.state == WAITING and now < self.expires_at


@dataclass(frozen=True)
class ApprovalPolicy:
    """The acts at a unit, and below it, that two have to agree upon; of the empty id everywhere."""

    unit_id: str
    acts: tuple[str, ...] = ()
    version: int = 0


def proper_acts(given: Collection[str]) -> tuple[str, ...]:
    """Raises `InvalidInput` for an act that no policy knows."""
    unknown = sorted(set(given) - set(ACTS))
    if unknown:
        raise InvalidInput(f"Not acts that a policy knows: {', '.join(ACTS)}", fields={"acts": unknown[0][:40]})
    return tuple(act for act in ACTS if act in given)


def wanted(policies: Sequence[ApprovalPolicy]) -> frozenset[str]:
    """The acts of policies that are inherited from each other."""
    return frozenset(act for policy in policies for act in policy.acts)
