"""What would cost a calendar dear, or cannot be told apart: as events, by what is wrong with them."""

from tests.calendar.office import event

UID = "bombe"
_HOUR = (UID, "20261130T090000Z", "20261130T100000Z", "Bombe")
_MINUTES, _HOURS = (",".join(map(str, range(count))) for count in (60, 24))


def recurring(rule: str) -> bytes:
    return event(*_HOUR, f"RRULE:{rule}")


# Of each the rule of CalDAV that it breaks, and its octets.
RECURRING: dict[str, tuple[str, bytes]] = {
    "each second": ("valid-calendar-data", recurring("FREQ=SECONDLY")),
    "each minute": ("valid-calendar-data", recurring("FREQ=MINUTELY;COUNT=3")),
    "each hour": ("valid-calendar-data", recurring("FREQ=HOURLY")),
    "every no days": ("valid-calendar-data", recurring("FREQ=DAILY;INTERVAL=0")),
    "a thousand million times": ("valid-calendar-data", recurring("FREQ=DAILY;COUNT=1000000000")),
    "each minute of each day": ("valid-calendar-data", recurring(f"FREQ=DAILY;BYHOUR={_HOURS};BYMINUTE={_MINUTES}")),
    "each second of each day": (
        "valid-calendar-data",
        recurring(f"FREQ=YEARLY;BYHOUR={_HOURS};BYMINUTE={_MINUTES};BYSECOND={_MINUTES}"),
    ),
    "from the year 1 on": (
        "min-date-time",
        event(UID, "00010101T090000Z", "00010101T100000Z", "Bombe", "RRULE:FREQ=DAILY"),
    ),
}
BOMBS: dict[str, tuple[str, bytes]] = {
    **RECURRING,
    "a megabyte of one property": ("max-resource-size", event(*_HOUR[:3], "x" * 1_048_576)),
    "a quarter of it": ("max-resource-size", event(*_HOUR, f"DESCRIPTION:{'x' * 300_000}")),
    "10,000 attendees": (
        "max-attendees-per-instance",
        event(*_HOUR, *(f"ATTENDEE:mailto:a{at}@gouv.tg" for at in range(10_000))),
    ),
    "a NUL": ("valid-calendar-data", event(*_HOUR[:3], "a\x00b")),
    "a NUL in its UID": ("valid-calendar-data", event("a\x00b")),
    "50 components in each other": ("max-resource-size", event(*_HOUR, *["BEGIN:X"] * 50, *["END:X"] * 50)),
    "an end of nothing": ("valid-calendar-data", event(*_HOUR, "END:VALARM")),
    "a line that is none": ("valid-calendar-data", event(*_HOUR, "DESCRIPTION:une ligne\r\net sa suite")),
}
# What old programs write: a file may be so, an object by CalDAV is UTF-8 (RFC 4791 §5.3.2, RFC 5545 §3.1.4).
CHARSETS: dict[str, tuple[str, bytes]] = {
    "Latin-1": ("valid-calendar-data", event(*_HOUR[:3], "Réunion").decode().encode("latin-1")),
    "UTF-16": ("valid-calendar-data", event(*_HOUR).decode().encode("utf-16")),
    "octets that are no text": ("valid-calendar-data", event(*_HOUR[:3], "abc").replace(b"abc", b"\xff\xfe\xc3")),
    "half of it": ("valid-calendar-data", event(*_HOUR)[:120]),
}
