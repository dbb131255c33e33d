""":matches against a reader of patterns that tries everything."""

import time
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.mail.domain.sieve import glob
from services.mail.domain.sieve.comparators import octets_of

_LETTERS = st.text(alphabet="abA*?\\é", max_size=8)


def reference(value: str, pattern: str) -> bool:
    """By trying each way."""
    if not pattern:
        return not value
    head, rest = pattern[0], pattern[1:]
    if head == "*":
        return any(reference(value[at:], rest) for at in range(len(value) + 1))
    if head == "\\" and rest:
        head, rest = rest[0], rest[1:]
        return value[:1] == head and reference(value[1:], rest)
    return bool(value) and (head == "?" or value[0] == head) and reference(value[1:], rest)


@given(_LETTERS, _LETTERS)
@example("aab", "*ab")
@example("ab", "a\\")
def test_it_is_what_trying_everything_finds(value: str, pattern: str) -> None:
    by_octets = reference(value.encode().decode("latin-1"), pattern.encode().decode("latin-1"))
    assert (glob.matches(value, pattern, "i;octet", _nothing) is not None) == by_octets
    found = glob.matches(value, pattern, "i;unicode-casemap", _nothing)
    assert (found is not None) == reference(value.lower(), pattern.lower())


@given(_LETTERS, st.lists(st.sampled_from(["*", "?", "a", "b", "A"]), max_size=6).map("".join))
@example("é", "*?")
def test_what_wildcards_took_makes_the_value_again(value: str, pattern: str) -> None:
    found = glob.matches(value, pattern, "i;ascii-casemap", _nothing)
    if found is None:
        return
    whole, *taken = found
    assert whole == value
    again = "".join(taken.pop(0) if each in "*?" else each for each in pattern)
    # By octets: two of them may take the halves of a character.
    assert octets_of(again).upper() == octets_of(value).upper()
    assert taken == []


def test_a_star_takes_as_little_as_it_can() -> None:
    assert glob.matches("a.b.c", "*.*", "i;octet", _nothing) == ["a.b.c", "a", "b.c"]
    assert glob.matches("État n° 7", "é*°*", "i;unicode-casemap", _nothing) == ["État n° 7", "tat n", " 7"]
    assert glob.matches("é", "?", "i;octet", _nothing) is None
    assert glob.matches("é", "?", "i;unicode-casemap", _nothing) == ["é", "é"]


@pytest.mark.parametrize(
    "pattern", ["*a" * 40 + "b", "*?a" * 40 + "*b", "*a?a" * 30 + "c*", "*" * 500 + "b", "?*" * 500]
)
def test_no_pattern_makes_it_try_again(pattern: str) -> None:
    steps = 0

    def spend(count: int) -> None:
        nonlocal steps
        steps += count

    value = "a" * 100_000
    begun = time.process_time()
    glob.matches(value, pattern, "i;ascii-casemap", spend)
    glob.matches(value, pattern, "i;unicode-casemap", spend)
    assert steps < 1_000 * 40
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(("value", "pattern"), list(product(["", "a", "ß", "ǆ"], ["*", "**", "*?", ""])))
def test_ends_of_values(value: str, pattern: str) -> None:
    assert (glob.matches(value, pattern, "i;octet", _nothing) is not None) == (
        bool(value) if "?" in pattern else bool(pattern) or not value
    )


def _nothing(_steps: int) -> None:
    return None
