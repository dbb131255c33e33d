"""A record of the audit log: who did what, when, to whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class Record:
    """An act as it was told; `id` is the fact's own."""

    id: str
    time: datetime
    source: str
    act: str
    outcome: str
    actor_id: str = ""
    # As people named them at that time.
    actor: str = ""
    target_id: str = ""
    target: str = ""
    unit_path: tuple[str, ...] = ()
    remote: str = ""
    details: Mapping[str, str] = field(default_factory=dict)

    def concerns(self, units: Sequence[str] | None) -> bool:
        """Whether it lies in one of these units or below; None is the whole."""
        return units is None or any(unit in self.unit_path for unit in units)


def as_fields(record: Record, kept_at: datetime) -> dict[str, Any]:
    """What the chain is made over: texts only, so that it has one spelling everywhere."""
    return {
        "id": record.id,
        "time": spelled(record.time),
        "kept_at": spelled(kept_at),
        "source": record.source,
        "act": record.act,
        "outcome": record.outcome,
        "actor_id": record.actor_id,
        "actor": record.actor,
        "target_id": record.target_id,
        "target": record.target,
        "unit_path": list(record.unit_path),
        "remote": record.remote,
        "details": dict(record.details),
    }


def of_fields(fields: Mapping[str, Any]) -> Record:
    """The record of its fields."""
    return Record(
        id=fields["id"],
        time=datetime.fromisoformat(fields["time"]),
        source=fields["source"],
        act=fields["act"],
        outcome=fields["outcome"],
        actor_id=fields["actor_id"],
        actor=fields["actor"],
        target_id=fields["target_id"],
        target=fields["target"],
        unit_path=tuple(fields["unit_path"]),
        remote=fields["remote"],
        details=dict(fields["details"]),
    )


def spelled(time: datetime) -> str:
    """A time in UTC, to the millisecond."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def looked_for(name: str) -> str:
    """How a name is found again, whatever its case."""
    return name.strip().casefold()
