"""Messages that wait for their time: how far ahead, how many, and how a client says when (RFC 4865)."""

from datetime import UTC, datetime, timedelta

from chassis.errors import InvalidInput

MAX_AHEAD = timedelta(days=60)
# Of one account at a time.
MOST_HELD = 200
# Within which a message that was sent can be taken back.
MAX_UNDO = timedelta(seconds=120)


def release_time(at: datetime, now: datetime) -> datetime:
    """A time as it is kept, whole milliseconds. Raises `InvalidInput` for one that is past, or too far ahead."""
    at = at.astimezone(UTC)
    if at <= now:
        raise InvalidInput("The time is past", fields={"send_at": "must be in the future"})
    if at - now > MAX_AHEAD:
        raise InvalidInput("The time is too far ahead", fields={"send_at": f"at most {MAX_AHEAD.days} days ahead"})
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def held_for(value: str, now: datetime) -> datetime:
    """HOLDFOR: whole seconds from now. Raises `InvalidInput`."""
    if not value.isascii() or not value.isdigit() or len(value) > 9 or int(value) == 0:
        raise InvalidInput("HOLDFOR is no number of seconds")
    return release_time(now + timedelta(seconds=int(value)), now)


def held_until(value: str, now: datetime) -> datetime:
    """HOLDUNTIL: a time with its zone (RFC 3339 §5.6). Raises `InvalidInput`."""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise InvalidInput("HOLDUNTIL is no time") from None
    if at.tzinfo is None:
        raise InvalidInput("HOLDUNTIL has no time zone")
    return release_time(at, now)
