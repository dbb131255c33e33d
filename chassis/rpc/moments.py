"""Moments of requests: a `Timestamp` holds more than a calendar has years."""

from datetime import UTC, datetime
from typing import Any

from chassis.errors import InvalidInput


def moment_given(message: Any, field: str) -> datetime:
    """The moment in a field. Raises `InvalidInput` where it is missing, or of no year that there is."""
    if not message.HasField(field):
        raise InvalidInput("A moment is missing", fields={field: "missing"})
    try:
        moment: datetime = getattr(message, field).ToDatetime(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput("Not a moment", fields={field: "of the years 1 to 9999"}) from error
    return moment


def moment_or_none(message: Any, field: str) -> datetime | None:
    """The same of a field that may be missing."""
    return moment_given(message, field) if message.HasField(field) else None
