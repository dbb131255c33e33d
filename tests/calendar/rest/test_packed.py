"""Instances as octets: what is packed is what is unpacked, and windows find what looking at each one finds."""

from hypothesis import given
from hypothesis import strategies as st

from services.calendar.domain.objects import Occurrence
from services.calendar.domain.packed import Occurrences

MOMENTS = st.integers(-(2**40), 2**40)
ANY = st.builds(
    lambda start, length, component, recurrence: Occurrence(start, start + length, component, recurrence),
    MOMENTS,
    st.integers(0, 10**6),
    st.integers(0, 1000),
    MOMENTS,
)
SERIES = st.builds(
    lambda first, step, count, length: [
        Occurrence(first + at * step, first + at * step + length, 0, first + at * step) for at in range(count)
    ],
    MOMENTS,
    st.integers(0, 10**6),
    st.integers(0, 50),
    st.integers(0, 10**6),
)
IRREGULAR = st.lists(MOMENTS, max_size=30).map(lambda found: [Occurrence(each, each + 60, 0, each) for each in found])


@given(st.one_of(st.lists(ANY, max_size=30), SERIES, IRREGULAR), MOMENTS, st.integers(1, 10**7))
def test_what_is_packed_is_what_is_unpacked(occurrences: list[Occurrence], start: int, length: int) -> None:
    ordered = sorted(occurrences, key=lambda each: (each.start, each.end))
    kept = Occurrences.unpacked(Occurrences.of(occurrences).packed())
    assert [*kept] == ordered
    assert kept[-2:] == ordered[-2:]
    longest = max((each.end - each.start for each in occurrences), default=0)
    asked = [(start, start + length), *((each.start - 1, each.start + length) for each in occurrences[:3])]
    for first, last in asked:
        assert kept.between(first, last, longest) == [each for each in ordered if each.overlaps(first, last)]
