"""Calendar objects for tests, from the lines that matter."""

from datetime import UTC, datetime

from services.calendar.domain.objects.values import read_moment

HORIZON = datetime(2029, 1, 1, tzinfo=UTC)


def at(text: str) -> int:
    """Seconds of a moment as iCalendar writes it."""
    moment = read_moment(text)
    assert moment is not None
    return moment.local


def calendar(*components: str, lines: str = "VERSION:2.0\nPRODID:-//test//test//EN") -> bytes:
    text = "\n".join(["BEGIN:VCALENDAR", lines, *components, "END:VCALENDAR", ""])
    return text.replace("\n", "\r\n").encode()


def component(name: str, *lines: str, uid: str = "one") -> str:
    return "\n".join([f"BEGIN:{name}", f"UID:{uid}", *lines, f"END:{name}"])


def event(*lines: str, start: str = "DTSTART:20260105T090000Z", overrides: tuple[str, ...] = ()) -> bytes:
    """`overrides` are whole components, or lines of one."""
    return calendar(component("VEVENT", *filter(None, (start,)), *lines), *overrides)


def override(*lines: str) -> str:
    return component("VEVENT", *lines)
