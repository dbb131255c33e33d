"""The arithmetic of waiting: it grows, it ends, it is forgotten."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.lockout import ACCOUNT, FORGOTTEN_AFTER, LONGEST_WAIT, REMOTE, Tries, network

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_the_free_tries_cost_nothing_then_each_doubles_the_wait_up_to_the_longest() -> None:
    tries, waits = Tries(), []
    now = START
    for _ in range(20):
        tries = tries.at(now).failed(now, ACCOUNT)
        waits.append(tries.wait(now))
        now += timedelta(seconds=tries.wait(now))
    assert waits[:4] == [0, 0, 0, 0]
    assert waits[4:8] == [2, 4, 8, 16]
    assert waits[-1] == LONGEST_WAIT.total_seconds()


@given(st.lists(st.integers(0, 7200), max_size=60))
def test_whatever_the_rhythm_of_guesses_nobody_waits_longer_than_the_longest(pauses: list[int]) -> None:
    tries, now = Tries(), START
    for pause in pauses:
        now += timedelta(seconds=pause)
        if tries.at(now).wait(now) == 0:
            tries = tries.at(now).failed(now, ACCOUNT)
        assert 0 <= tries.wait(now) <= LONGEST_WAIT.total_seconds()
    assert tries.at(now + LONGEST_WAIT + FORGOTTEN_AFTER) == Tries()


def test_a_place_where_people_mistype_all_day_never_waits() -> None:
    tries, now = Tries(), START
    for _ in range(2000):
        now += timedelta(hours=1) / 90
        tries = tries.at(now).failed(now, REMOTE)
        assert tries.wait(now) == 0


def test_a_place_that_guesses_gets_a_few_tries_a_minute_and_comes_down_again() -> None:
    tries, now, looked_at = Tries(), START, 0
    while now < START + timedelta(hours=3):
        if tries.at(now).wait(now) == 0:
            tries, looked_at = tries.at(now).failed(now, REMOTE), looked_at + 1
        now += timedelta(seconds=1)
    assert looked_at < REMOTE.free + 3 * (REMOTE.an_hour + 60) + 20
    assert tries.wait(now) <= REMOTE.longest.total_seconds()
    later = now + REMOTE.longest + timedelta(minutes=30)
    assert tries.at(later).failed(later, REMOTE).wait(later) == 0


def test_what_an_honest_person_mistyped_is_given_back() -> None:
    tries = Tries()
    for _ in range(99):
        tries = tries.failed(START, REMOTE)
    assert tries.forgiven(START, REMOTE, 4).failures == 95
    assert Tries().forgiven(START, REMOTE, 4).failures == 0
    waiting = tries.failed(START, REMOTE)
    assert waiting.forgiven(START, REMOTE, 100).wait(START) == waiting.wait(START) > 0


@pytest.mark.parametrize(
    ("remote", "counted"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", ""),
        ("$where", ""),
    ],
)
def test_a_client_is_counted_by_the_network_it_can_choose_addresses_from(remote: str, counted: str) -> None:
    assert network(remote) == counted
