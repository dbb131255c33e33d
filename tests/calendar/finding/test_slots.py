"""Slots for people and a room: rules one by one, and all of them against an oracle that looks at every minute."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from services.calendar.domain.finding.slots import Guest, Slot, Why, Wish, slots

MINUTE, HOUR, DAY = 60, 3600, 86400
MONDAY = 1_767_571_200  # 2026-01-05T00:00Z
NINE, NOON, TWO, FIVE = (MONDAY + hour * HOUR for hour in (9, 12, 14, 17))
HOURS = [(NINE, NOON), (TWO, FIVE)]


def test_what_suits_everybody_comes_first_then_the_earliest() -> None:
    people = [
        Guest("director", HOURS, [(NINE, NINE + HOUR)]),
        Guest("agent", HOURS, [(NINE + HOUR, NINE + 90 * MINUTE)]),
    ]
    found = slots(Wish(MONDAY, MONDAY + DAY, HOUR, step=30 * MINUTE, limit=4), people)
    assert [(slot.start - NINE) // MINUTE for slot in found] == [90, 120, 300, 330]
    assert not any(slot.missing for slot in found)


def test_it_says_who_is_not_free_and_why() -> None:
    people = [
        Guest("director", [(NINE, NINE + HOUR)]),
        Guest("agent", HOURS, [(NINE, NOON)]),
        Guest("expert", [(TWO, FIVE)], required=False),
        Guest("secretary", HOURS, [(NINE, NINE + MINUTE)], required=False),
    ]
    assert slots(Wish(MONDAY, MONDAY + DAY, HOUR), people) == [
        Slot(NINE, NINE + HOUR, {"agent": Why.BUSY, "expert": Why.OUTSIDE_HOURS, "secretary": Why.BUSY})
    ]


def test_a_slot_with_more_of_the_optional_people_comes_before_an_earlier_one() -> None:
    people = [Guest("director", HOURS), *(Guest(name, [(TWO, FIVE)], required=False) for name in "ab")]
    found = slots(Wish(MONDAY, MONDAY + DAY, HOUR, step=HOUR, limit=6), people)
    assert [slot.start for slot in found] == [TWO, TWO + HOUR, TWO + 2 * HOUR, NINE, NINE + HOUR, NINE + 2 * HOUR]


def test_a_slot_has_a_room_before_it_has_optional_people() -> None:
    people = [Guest("director", HOURS), Guest("expert", [(NINE, NOON)], required=False)]
    rooms = [Guest("large", [(TWO, FIVE)]), Guest("small", [(TWO, FIVE)], [(TWO, TWO + HOUR)])]
    best, second = slots(Wish(MONDAY, MONDAY + DAY, HOUR, step=HOUR, limit=2), people, rooms)
    assert (best.start, best.rooms) == (TWO, ("large",))
    assert (second.start, second.rooms) == (TWO + HOUR, ("large", "small"))
    # With no room free at all the slot is still told, without one.
    closed = [replace(room, busy=[(TWO, FIVE)]) for room in rooms]
    assert slots(Wish(MONDAY, MONDAY + DAY, HOUR, limit=1), people, closed)[0].rooms == ()


def test_a_buffer_is_free_of_meetings_and_needs_no_hours() -> None:
    person = Guest("director", [(NINE, NOON)], [(NINE - HOUR, NINE), (NOON - HOUR, NOON)])
    at = Wish(MONDAY, MONDAY + DAY, HOUR, step=15 * MINUTE)
    assert [slot.start - NINE for slot in slots(at, [person]) if not slot.missing] == [
        quarter * 15 * MINUTE for quarter in range(5)
    ]
    apart = slots(replace(at, buffer=15 * MINUTE), [person])
    assert [(slot.start - NINE) // MINUTE for slot in apart if not slot.missing] == [15, 30, 45]
    alone = slots(replace(at, buffer=15 * MINUTE), [Guest("director", [(NINE, NINE + HOUR)])])
    assert [slot.start for slot in alone] == [NINE]


def test_nothing_starts_before_the_notice_is_over() -> None:
    found = slots(Wish(MONDAY, MONDAY + DAY, HOUR, earliest=NINE + 61 * MINUTE), [Guest("director", HOURS)])
    assert found[0].start == NINE + 75 * MINUTE


@pytest.mark.parametrize(
    ("field", "wish"),
    [
        ("window", Wish(0, 63 * DAY, HOUR)),
        ("window", Wish(DAY, DAY, HOUR)),
        ("length", Wish(0, DAY, 60)),
        ("length", Wish(0, DAY, 25 * HOUR)),
        ("step", Wish(0, DAY, HOUR, step=0)),
        ("step", Wish(0, DAY, HOUR, step=-HOUR)),
        ("buffer", Wish(0, DAY, HOUR, buffer=-1)),
        ("limit", Wish(0, DAY, HOUR, limit=201)),
    ],
)
def test_a_wish_out_of_bounds_is_refused(field: str, wish: Wish) -> None:
    with pytest.raises(InvalidInput) as refused:
        slots(wish, [Guest("director", HOURS)])
    assert set(refused.value.fields) == {field}


def test_too_many_people_or_rooms_are_refused() -> None:
    many = [Guest(str(n), HOURS) for n in range(101)]
    for people, rooms in (([], []), (many, []), (many[:1], many)):
        with pytest.raises(InvalidInput):
            slots(Wish(MONDAY, MONDAY + DAY, HOUR), people, rooms)


_SPANS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 12)).map(lambda s: (s[0] * 300, (s[0] + s[1]) * 300)), max_size=5
)


@st.composite
def guests(draw: st.DrawFn) -> list[Guest]:
    count = draw(st.integers(1, 4))
    return [Guest(f"g{n}", draw(_SPANS), draw(_SPANS), draw(st.booleans())) for n in range(count)]


def oracle(wish: Wish, people: list[Guest], rooms: list[Guest]) -> list[Slot]:
    """The same by looking at every minute of every start."""

    def minutes(start: int, end: int) -> set[int]:
        return set(range(start // 60, end // 60))

    def of(spans: object) -> set[int]:
        return {minute for start, end in spans for minute in minutes(start, end)}  # type: ignore[attr-defined]

    def why(guest: Guest, start: int) -> Why | None:
        if of(guest.busy) & minutes(start - wish.buffer, start + wish.length + wish.buffer):
            return Why.BUSY
        return None if minutes(start, start + wish.length) <= of(guest.hours) else Why.OUTSIDE_HOURS

    found = []
    for start in range(wish.start, wish.end - wish.length + 1, wish.step):
        needed = [of(guest.hours) for guest in people if guest.required]
        anybody = {minute for guest in people for minute in of(guest.hours)}
        inside = all(minutes(start, start + wish.length) <= hours for hours in needed or [anybody])
        if not inside or start < wish.earliest:
            continue
        missing = {guest.id: reason for guest in people if (reason := why(guest, start))}
        free = tuple(room.id for room in rooms if not why(room, start))
        lost = [
            sum(guest.id in missing for guest in people if guest.required is required) for required in (True, False)
        ]
        slot = Slot(start, start + wish.length, missing, free)
        found.append(((lost[0], bool(rooms) and not free, lost[1], start), slot))
    return [slot for _, slot in sorted(found, key=lambda each: each[0])][: wish.limit]


@settings(max_examples=150, deadline=None)
@given(
    guests(),
    guests(),
    st.integers(1, 6),
    st.integers(1, 4),
    st.integers(0, 3),
    st.integers(0, 20),
    st.integers(1, 30),
)
def test_the_sweep_finds_what_looking_at_every_minute_finds(
    people: list[Guest], rooms: list[Guest], length: int, step: int, buffer: int, earliest: int, limit: int
) -> None:
    wish = Wish(600, 44 * 300, length * 300, step * 300, buffer * 300, earliest * 300, limit)
    assert slots(wish, people, rooms[1:]) == oracle(wish, people, rooms[1:])
