"""Availability that people publish (RFC 7953): priorities, recurring hours, what they are otherwise, hostile rules."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from chassis.errors import InvalidInput
from services.calendar.domain.finding.availability import (
    Busy,
    PublishedHours,
    read_availability,
    unavailable,
)

DAY = 86400
MONDAY = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp())
WEEK = (MONDAY, MONDAY + 7 * DAY)


def calendar(*components: str) -> bytes:
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//x//", *components, "END:VCALENDAR", ""]
    ).encode()


def availability(*lines: str) -> str:
    return "\r\n".join(["BEGIN:VAVAILABILITY", "UID:a", "DTSTAMP:20260101T000000Z", *lines, "END:VAVAILABILITY"])


def available(*lines: str, uid: str = "b") -> str:
    return "\r\n".join(["BEGIN:AVAILABLE", f"UID:{uid}", "DTSTAMP:20260101T000000Z", *lines, "END:AVAILABLE"])


WEEKLY = available(
    "DTSTART;TZID=Africa/Lome:20250106T080000", "DTEND;TZID=Africa/Lome:20250106T110000",
    "RRULE:FREQ=WEEKLY;BYDAY=MO,TH",
)  # fmt: skip


def shown(spans: list[tuple[int, int]], zone: str = "Africa/Lome") -> list[str]:
    clock = ZoneInfo(zone)
    return [
        f"{datetime.fromtimestamp(a, clock):%a %H:%M}-{datetime.fromtimestamp(b, clock):%a %H:%M}" for a, b in spans
    ]


def hours(*components: str) -> list[str]:
    return shown(PublishedHours(read_availability(calendar(*components))).open(*WEEK))


def test_recurring_hours_are_all_there_is_where_nothing_bounds_them() -> None:
    assert hours(availability(WEEKLY)) == ["Mon 08:00-Mon 11:00", "Thu 08:00-Thu 11:00"]


def test_outside_of_what_is_published_the_usual_hours_hold() -> None:
    bounded = availability("DTSTART:20260106T000000Z", "DTEND:20260109T000000Z", WEEKLY)
    assert hours(bounded) == [
        "Mon 07:00-Mon 12:00", "Mon 14:30-Mon 17:30", "Thu 08:00-Thu 11:00", "Fri 07:00-Fri 12:00",
        "Fri 14:30-Fri 17:30",
    ]  # fmt: skip


def test_a_higher_priority_says_all_there_is_to_say_in_its_time() -> None:
    usual = availability("PRIORITY:5", WEEKLY)
    away = availability("PRIORITY:1", "DTSTART:20260108T000000Z", "DTEND:20260110T000000Z")
    unsaid = availability(available("DTSTART:20260106T090000Z", "DURATION:PT1H"))
    for order in ((usual, away, unsaid), (unsaid, away, usual), (away, unsaid, usual)):
        assert hours(*order) == ["Mon 08:00-Mon 11:00"]
    special = availability(
        "PRIORITY:1", "DTSTART:20260108T000000Z", "DURATION:P1D",
        available("DTSTART:20260108T190000Z", "DTEND:20260108T200000Z"),
    )  # fmt: skip
    assert hours(usual, special) == ["Mon 08:00-Mon 11:00", "Thu 19:00-Thu 20:00"]


def test_an_instance_is_moved_and_another_left_out() -> None:
    moved = available(
        "RECURRENCE-ID;TZID=Africa/Lome:20260108T080000", "DTSTART:20260109T150000Z", "DTEND:20260109T160000Z",
    )  # fmt: skip
    without = WEEKLY.replace("END:AVAILABLE", "EXDATE;TZID=Africa/Lome:20260105T080000\r\nEND:AVAILABLE")
    assert hours(availability(without, moved)) == ["Fri 15:00-Fri 16:00"]


def test_hours_follow_their_own_zone() -> None:
    paris = available(
        "DTSTART;TZID=Europe/Paris:20250106T090000", "DTEND;TZID=Europe/Paris:20250106T100000", "RRULE:FREQ=DAILY"
    )
    published = PublishedHours(read_availability(calendar(availability(paris))))
    march = int(datetime(2026, 3, 28, tzinfo=UTC).timestamp())
    assert shown(published.open(march, march + 2 * DAY)) == ["Sat 08:00-Sat 09:00", "Sun 07:00-Sun 08:00"]


def test_a_holiday_is_closed_also_to_who_would_be_there() -> None:
    published = PublishedHours(read_availability(calendar(availability(WEEKLY))))
    assert shown(published.open(*WEEK, {date(2026, 1, 5), date(1960, 4, 27)})) == ["Thu 08:00-Thu 11:00"]


def test_who_asks_for_busy_time_is_told_what_kind_it_is() -> None:
    parts = read_availability(
        calendar(
            availability("BUSYTYPE:BUSY-TENTATIVE", "DTSTART:20260105T000000Z", "DTEND:20260108T000000Z"),
            availability("BUSYTYPE:BUSY", "DTSTART:20260106T000000Z", "DTEND:20260107T000000Z"),
            availability("PRIORITY:2", "DTSTART:20260107T120000Z", "DTEND:20260107T180000Z"),
        )
    )
    told = unavailable(parts, *WEEK)
    assert [(shown([(a, b)])[0], kind) for a, b, kind in told] == [
        ("Mon 00:00-Tue 00:00", Busy.TENTATIVE),
        ("Tue 00:00-Wed 00:00", Busy.BUSY),
        ("Wed 00:00-Wed 12:00", Busy.TENTATIVE),
        ("Wed 12:00-Wed 18:00", Busy.UNAVAILABLE),
        ("Wed 18:00-Thu 00:00", Busy.TENTATIVE),
    ]
    assert Busy.BUSY > Busy.UNAVAILABLE > Busy.TENTATIVE


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        calendar("BEGIN:VEVENT\r\nUID:x\r\nDTSTART:20260105T080000Z\r\nEND:VEVENT"),
        calendar(availability(available("DTEND:20260105T080000Z"))),
        calendar(availability(available("DTSTART;VALUE=DATE:20260105"))),
        calendar(availability("DTSTART:nonsense")),
        calendar(availability(available("DTSTART:20260105T080000Z", "DURATION:PT1H", "RRULE:FREQ=SECONDLY"))),
        calendar(availability(available("DTSTART:20260105T080000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;INTERVAL=0"))),
        calendar(availability(available("DTSTART:20260105T080000Z"), available("DTSTART:20260105T080000Z"))),
        calendar(*[availability(WEEKLY)] * 21),
        calendar(availability(*[available("DTSTART:20260105T080000Z", uid=str(n)) for n in range(51)])),
        calendar(availability("X-LONG:" + "x" * 262_144)),
        calendar(availability(available("DTSTART:20260105T080000Z", "RDATE:" + ",".join(["20260105T080000Z"] * 501)))),
        calendar(availability("X-NUL:\0")),
    ],
)  # fmt: skip
def test_what_is_no_availability_is_refused(octets: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_availability(octets)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6",
        "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7;BYMINUTE=0,5,10,15,20,25,30,35,40,45,50,55",
        "FREQ=DAILY;COUNT=10000",
    ],
)
def test_rules_that_never_come_or_come_too_often_end(rule: str) -> None:
    """From the year 1 on, fifty of them."""
    many = [available("DTSTART:00010101T080000Z", "DURATION:PT1M", f"RRULE:{rule}", uid=str(n)) for n in range(50)]
    published = PublishedHours(read_availability(calendar(availability(*many))))
    assert all(WEEK[0] <= a < b <= WEEK[1] for a, b in published.open(*WEEK))
