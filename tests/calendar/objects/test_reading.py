"""Objects are read as clients write them, and what cannot be kept is refused by name."""

import pytest

from chassis.errors import InvalidInput, TooLarge
from services.calendar.domain.objects import facts_of, read_object
from tests.calendar.objects.made import HORIZON, calendar, event


def refusal(octets: bytes, **options: bool) -> str:
    with pytest.raises(InvalidInput) as caught:
        read_object(octets, **options)
    return caught.value.fields["rule"]


def test_an_event_is_read_and_its_octets_are_kept() -> None:
    octets = event("SUMMARY:Réunion", "X-THING;X-P=1:kept")
    thing = read_object(octets)
    assert (thing.uid, thing.component, thing.octets) == ("one", "VEVENT", octets)
    assert facts_of(thing, "Africa/Lome", HORIZON).components[0].summary == "Réunion"


def test_two_uids_and_two_kinds_are_two_objects() -> None:
    one = "BEGIN:VEVENT\nUID:a\nDTSTART:20260101\nEND:VEVENT"
    assert refusal(calendar(one, one.replace("UID:a", "UID:b"))) == "object"
    assert refusal(calendar(one, "BEGIN:VTODO\nUID:a\nEND:VTODO")) == "object"


def test_one_megabyte_is_too_large() -> None:
    with pytest.raises(TooLarge):
        read_object(event("DESCRIPTION:" + "x" * 1_048_576))
