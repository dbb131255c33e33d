"""Definitions of zones that we write say what the tz database says."""

from random import Random
from zoneinfo import available_timezones

import pytest

from services.calendar.domain.objects import read_object
from services.calendar.domain.objects.definitions import time_zone
from services.calendar.domain.objects.lines import made
from services.calendar.domain.objects.values import read_moment
from services.calendar.domain.objects.zones import UTC_ZONE, Zones, known_zone
from tests.calendar.objects.made import event

# Some of each kind: without changes, with rules of either half of the world, with odd offsets, with Ramadan.
SOME = [
    "Africa/Lome",
    "Europe/Paris",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Asia/Tehran",
]


@pytest.mark.parametrize("name", SOME)
def test_a_written_definition_is_read_as_the_zone_itself(name: str) -> None:
    node, known = time_zone(name), known_zone(name)
    assert node is not None
    assert known is not None
    # Under a name that nobody knows, the definition alone is left.
    node = node.copy()
    node.put(made("TZID", "Own"))
    own = Zones([node], UTC_ZONE).of("Own")
    first, last = (read_moment(text) for text in ("20000102T000000Z", "20371201T000000Z"))
    random = Random(name)
    moments = [random.randrange(first.local, last.local) for _ in range(500)]
    assert [own.moment(at) for at in moments] == [known.moment(at) for at in moments]


def test_every_zone_of_the_tz_database_is_known() -> None:
    odd = {"Factory", "localtime"}
    assert [name for name in available_timezones() - odd if known_zone(name) is None] == []


def test_local_and_moment_are_inverse_but_in_folds() -> None:
    zone = known_zone("Europe/Paris")
    assert zone is not None
    for moment in range(1_774_000_000, 1_776_000_000, 1_713):
        assert zone.moment(zone.local(moment)) == moment


@pytest.mark.parametrize(
    "lines",
    [
        "TZID:Own",
        "TZID:Own\nBEGIN:STANDARD\nEND:STANDARD",
        "TZID:Own\nBEGIN:STANDARD\nDTSTART:never\nTZOFFSETTO:+9999\nEND:STANDARD",
        "TZID:Own\nBEGIN:STANDARD\nDTSTART:00010101T000000\nTZOFFSETTO:+0100\nRRULE:FREQ=DAILY\nEND:STANDARD",
        "TZID:Own\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETTO:+0100\nRRULE:FREQ=SECONDLY\nEND:STANDARD",
    ],
)
def test_definitions_that_are_none_do_no_harm(lines: str) -> None:
    octets = event(start="DTSTART;TZID=Own:20260105T090000").replace(
        b"BEGIN:VEVENT", b"BEGIN:VTIMEZONE\n" + lines.encode() + b"\nEND:VTIMEZONE\nBEGIN:VEVENT"
    )
    thing = read_object(octets)
    zone = Zones(thing.zone_nodes, UTC_ZONE).of("Own")
    moment = read_moment("20260105T090000Z").local
    assert abs(zone.moment(moment) - moment) < 5 * 86_400
