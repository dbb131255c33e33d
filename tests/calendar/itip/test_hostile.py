"""Messages that nobody well-meaning sends."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.errors import InvalidInput, TooLarge
from services.calendar.domain.itip.answers import attended
from services.calendar.domain.itip.changes import organised
from services.calendar.domain.itip.outcomes import Answered, Created, Ignored, Refused
from services.calendar.domain.objects import read_object
from services.calendar.domain.objects.addresses import address_of, uri_of
from tests.calendar.itip.scheduling import (
    NOW,
    ONE,
    ORGANIZER,
    OWNER,
    TWO,
    at,
    attendee,
    component,
    kept,
    messages_for,
    octets,
    override,
    take,
    text,
    thing,
)


@pytest.mark.parametrize(
    "parts",
    [
        (component(), component(uid="autre")),
        (component(), "BEGIN:VTODO\r\nUID:reunion-1\r\nDTSTAMP:20261129T070000Z\r\nEND:VTODO"),
        (component(people=tuple(f"a{number}@gouv.tg" for number in range(10_000))),),
        (override("20261208"), override("20261208")),
        (component(start="demain"),),
    ],
    ids=["two UIDs", "mixed components", "10,000 attendees", "an instance twice", "no date"],
)
def test_what_is_no_message_is_refused_when_it_is_read(parts: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput):
        read_object(octets(*parts, method="REQUEST"), scheduling=True)


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("mailto:un@sante.gouv.tg", ONE),
        ("MAILTO:UN@Sante.Gouv.TG", ONE),
        ("mailto:un%40sante.gouv.tg", ONE),
        ("mailto:un@sante.gouv.tg?subject=x&cc=deux@sante.gouv.tg", ONE),
        (" un@sante.gouv.tg ", ONE),
        ("mailto:un@sante.gouv.tg,deux@sante.gouv.tg", ""),
        ("mailto:un@sante.gouv.tg%0ABcc:x@y.tg", ""),
        ("mailto:@", ""),
        ("mailto:", ""),
        ("javascript:alert(1)", ""),
        ("mailto:" + "x" * 400 + "@gouv.tg", ""),
        ("/principals/chef/", "/principals/chef/"),
        ("urn:uuid:1b4e", "urn:uuid:1b4e"),
    ],
)
def test_an_address_is_one_however_it_is_written(uri: str, address: str) -> None:
    assert address_of(uri) == address


@given(st.from_regex(r"[a-z0-9%?&#+._'/-]{1,20}@[a-z]{1,10}\.tg", fullmatch=True))
def test_an_address_that_we_write_is_read_as_it_was(address: str) -> None:
    assert address_of(uri_of(address)) == address


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=40))
def test_no_name_makes_a_line(name: str) -> None:
    given_name = name.replace("^", "^^").replace("\n", "^n").replace('"', "^'")
    clean = "".join(each for each in given_name if each.isprintable())
    found = messages_for(None, thing(component(people=(f'ATTENDEE;CN="{clean}":mailto:{ONE}',))), OWNER, at(0))
    assert [each.recipients for each in found] == [(ONE,)]
    assert text(found[0]).count("\r\nATTENDEE") == 1
    outcome = take(None, found[0], ONE)
    assert isinstance(outcome, Created)
    (line,) = outcome.object.master_node.every("ATTENDEE")
    assert address_of(line.value) == ONE
    assert "\n" not in line.raw


def test_instances_without_their_series_are_what_one_is_invited_to() -> None:
    outcome = take(None, thing(override("20261208"), override("20261209"), method="REQUEST"), ONE)
    assert isinstance(outcome, Created)
    assert (outcome.object.master_node, len(outcome.object.override_nodes)) == (None, 2)


def test_numbers_out_of_range_are_no_versions() -> None:
    stored = thing(component(sequence="1"))
    for sequence in ("-5", "99999999999999999999", "abc"):
        assert take(stored, thing(component(sequence=sequence), method="CANCEL"), ONE) == Ignored("stale")


def test_an_organiser_who_hears_itself_changes_nothing() -> None:
    mine = thing(component(people=(ONE, TWO, attendee(ORGANIZER))))
    assert take(mine, thing(component(sequence="9"), method="CANCEL"), ORGANIZER) == Refused("not_invited")


def test_no_change_tells_everybody_something_else_without_bound() -> None:
    days = [(NOW + timedelta(days=number)).strftime("%Y%m%d") for number in range(8, 308)]
    people = tuple(f"a{number}@gouv.tg" for number in range(50))
    own = [override(day, people=people[: at % 50] + people[at % 50 + 1 :]) for at, day in enumerate(days)]
    with pytest.raises(TooLarge):
        organised(None, thing(component("RRULE:FREQ=DAILY", people=people), *own), OWNER, at(0))


def test_hundreds_of_answers_to_a_long_series_are_one_expansion() -> None:
    """Each by itself was seconds of work for one letter."""
    days = [(NOW + timedelta(days=number)).strftime("%Y%m%d") for number in range(8, 6_000)]
    out = f"EXDATE;TZID=Africa/Lome:{','.join(f'{day}T090000' for day in days[1_000:5_900])}"
    series = "RRULE:FREQ=DAILY;COUNT=10000"
    mine = kept(None, component(series, out))
    said = [override(day, people=(attendee(ONE, ";PARTSTAT=DECLINED"),)) for day in days[200:1_200]]
    outcome = take(mine, thing(*said, method="REPLY"), ORGANIZER, ONE)
    assert isinstance(outcome, Answered)
    assert len(outcome.recurrence_ids) == 800, "those that were taken out are no instances to answer to"
    declined = attended(thing(component(series)), thing(component(series, out)), frozenset({ONE}), at(1)).messages
    assert [len(each.recurrence_ids) for each in declined] == [4_900]
