"""Meeting polls: votes, the deadline, and the time that is chosen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chassis.errors import InvalidInput, NotFound, PreconditionFailed
from services.calendar.domain.finding.poll import Answer, Option, Poll, Vote, closed, options_given, tallies, voted

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OPTIONS = options_given([Option(str(n), NOW + n * DAY, NOW + n * DAY + HOUR) for n in (3, 1, 2)], NOW)
POLL = Poll("Réunion", OPTIONS, deadline=NOW + DAY)
YES, MAYBE, NO = Answer.YES, Answer.IF_NEEDED, Answer.NO


def asked(*votes: dict[str, Answer]) -> Poll:
    poll = POLL
    for n, answers in enumerate(votes):
        poll = voted(poll, f"voter{n}", Vote(f"Agent {n}", answers), NOW)
    return poll


def test_options_stand_in_the_order_of_time() -> None:
    assert [option.id for option in OPTIONS] == ["1", "2", "3"]


def test_the_time_that_suits_most_is_best_then_the_one_without_effort_then_the_earliest() -> None:
    poll = asked({"1": YES, "2": YES, "3": MAYBE}, {"2": MAYBE, "3": YES}, {"1": YES, "2": YES, "3": YES})
    assert [(tally.option.id, tally.yes, tally.if_needed, tally.no) for tally in tallies(poll)] == [
        ("2", 2, 1, 0), ("3", 2, 1, 0), ("1", 2, 0, 1),
    ]  # fmt: skip
    assert closed(poll).chosen == "2"
    assert closed(asked({"1": MAYBE, "3": YES})).chosen == "3"


def test_a_vote_replaces_the_voters_earlier_one() -> None:
    poll = voted(asked({"1": YES}), "voter0", Vote("Agent 0", {"2": YES}), NOW)
    assert len(poll.votes) == 1
    assert closed(poll).chosen == "2"


def test_its_owner_chooses_another_and_a_poll_without_a_good_time_ends_with_none() -> None:
    assert closed(asked({"1": YES}), "3").chosen == "3"
    assert closed(asked({"1": NO})).chosen == ""
    with pytest.raises(NotFound):
        closed(POLL, "9")


def test_nobody_votes_after_the_deadline_or_the_end() -> None:
    with pytest.raises(PreconditionFailed):
        voted(POLL, "late", Vote("Agent", {"1": YES}), NOW + DAY)
    with pytest.raises(PreconditionFailed):
        voted(closed(POLL), "late", Vote("Agent", {"1": YES}), NOW)
    with pytest.raises(PreconditionFailed):
        closed(closed(POLL))
    assert voted(replace(POLL, deadline=None), "late", Vote("Agent", {"1": YES}), NOW + 9 * DAY).votes


@pytest.mark.parametrize(
    "options",
    [
        [],
        [Option("a", NOW - HOUR, NOW + HOUR)],
        [Option("a", NOW + HOUR, NOW + HOUR)],
        [Option("a", NOW + DAY, NOW + DAY + HOUR), Option("b", NOW + DAY, NOW + DAY + HOUR)],
        [Option("a", NOW + DAY, NOW + DAY + HOUR), Option("a", NOW + DAY, NOW + DAY + 2 * HOUR)],
        [Option(str(n), NOW + n * DAY, NOW + n * DAY + HOUR) for n in range(1, 52)],
    ],
)
def test_options_that_no_poll_may_have(options: list[Option]) -> None:
    with pytest.raises(InvalidInput):
        options_given(options, NOW)


@pytest.mark.parametrize(
    "vote",
    [Vote("", {}), Vote("A\nB", {}), Vote("A" * 101, {}), Vote("A", {"9": YES}), Vote("A", {}, "x" * 501)],
)
def test_votes_that_are_refused(vote: Vote) -> None:
    with pytest.raises(InvalidInput):
        voted(POLL, "a", vote, NOW)


def test_a_poll_holds_so_many_votes_and_no_more() -> None:
    full = replace(POLL, votes={str(n): Vote("A", {}) for n in range(500)})
    assert voted(full, "7", Vote("A", {"1": YES}), NOW).votes["7"].answers
    with pytest.raises(PreconditionFailed):
        voted(full, "new", Vote("A", {"1": YES}), NOW)
