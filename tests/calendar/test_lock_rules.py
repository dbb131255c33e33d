"""Write locks (RFC 4918 §6, §7) by themselves: whatever is asked for in whatever order, what holds is held by one, or
shared."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput, PreconditionFailed
from services.calendar.domain.locks import Holder, Lock, check_lock, check_removal, check_write, holding, seconds_given

NOW = datetime(2026, 11, 30, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)


def lock(token: str, name: str = "", account: str = "a", *, shared: bool = False, infinite: bool = False) -> Lock:
    return Lock(token, name, account, f"{account}@gouv.tg", LATER, shared, infinite)


@given(st.lists(st.tuples(st.sampled_from(["", "x", "y"]), st.booleans(), st.booleans()), max_size=12))
def test_of_what_an_exclusive_lock_covers_there_is_no_other(wishes: list[tuple[str, bool, bool]]) -> None:
    held: list[Lock] = []
    for number, (name, shared, infinite) in enumerate(wishes):
        wanted = lock(str(number), name, shared=shared, infinite=infinite)
        with suppress(PreconditionFailed):
            check_lock(held, wanted)
            held.append(wanted)
    for name in ("", "x", "y"):
        covering = [each for each in held if each.covers(name)]
        assert len(covering) < 2 or all(each.shared for each in covering)


@given(
    st.lists(st.sampled_from(["", "x", "y"]), max_size=4), st.sampled_from(["", "x", "y"]), st.booleans(), st.booleans()
)
def test_who_has_every_token_is_never_stopped_and_nobody_else_gets_past(
    names: list[str], name: str, membership: bool, infinite: bool
) -> None:
    held = [lock(str(n), each, infinite=infinite) for n, each in enumerate(names)]
    mine = Holder("a", [each.token for each in held])
    check_write(held, name, mine, membership=membership)
    check_removal(held, mine)
    thief = Holder("b", mine.tokens)
    if any(each.covers(name) for each in held):
        with pytest.raises(PreconditionFailed):
            check_write(held, name, thief, membership=membership)
    if held:
        with pytest.raises(PreconditionFailed) as refused:
            check_removal(held, thief)
        assert refused.value.fields["rule"] == "lock-token-submitted"


def test_one_of_several_shared_tokens_is_enough_of_one_thing_and_not_of_another() -> None:
    held = [lock("1", "x", "a", shared=True), lock("2", "x", "b", shared=True), lock("3", "y", "b", shared=True)]
    check_write(held, "x", Holder("a", ["1"]), membership=True)
    with pytest.raises(PreconditionFailed):
        check_write(held, "y", Holder("a", ["1"]), membership=False)
    # Of a calendar and of what is in it, both: they are two things.
    both = [lock("1", "x", "a", shared=True), lock("2", "", "b", shared=True, infinite=True)]
    with pytest.raises(PreconditionFailed):
        check_write(both, "x", Holder("a", ["1"]), membership=False)


def test_what_has_run_out_holds_nobody() -> None:
    held = [lock("1", "x")]
    assert holding(held, LATER - timedelta(seconds=1)) == tuple(held)
    assert holding(held, LATER) == ()
    assert held[0].refreshed(LATER, 60).expires_at == LATER + timedelta(minutes=1)
    for seconds in (0, -1, 3601):
        with pytest.raises(InvalidInput):
            seconds_given(seconds)
