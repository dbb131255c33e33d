"""Sets of spans, against sets of moments."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from services.calendar.domain.finding.spans import Span, common, covers, merged, touches, widened, within, without

_SPAN = st.tuples(st.integers(0, 60), st.integers(0, 60))
_SPANS = st.lists(_SPAN, max_size=8)


def moments(spans: list[Span]) -> set[int]:
    return {at for start, end in spans for at in range(start, end)}


def tidy(spans: list[Span]) -> bool:
    return all(a < b for a, b in spans) and all(one[1] < two[0] for one, two in itertools.pairwise(spans))


@given(_SPANS, _SPANS)
def test_sets_of_spans_are_sets_of_moments(one: list[Span], other: list[Span]) -> None:
    a, b = merged(one), merged(other)
    assert tidy(a)
    assert moments(a) == moments(one)
    assert moments(common(a, b)) == moments(a) & moments(b)
    assert moments(without(a, b)) == moments(a) - moments(b)
    assert all(tidy(found) for found in (common(a, b), without(a, b)))


@given(_SPANS, st.integers(0, 60), st.integers(0, 60), st.integers(0, 9), st.integers(0, 9))
def test_spans_are_cut_widened_and_asked(
    given_spans: list[Span], start: int, end: int, before: int, after: int
) -> None:
    spans = merged(given_spans)
    asked = set(range(start, end))
    assert moments(within(spans, start, end)) == moments(spans) & asked
    wide = {at + by for at in moments(spans) for by in range(-before, after + 1)}
    assert moments(widened(spans, before, after)) == wide
    if start < end:
        assert touches(spans, start, end) == bool(moments(spans) & asked)
        assert covers(spans, start, end) == (asked <= moments(spans))
