"""Appointment pages: what is open, how often, what is asked, and until when one can cancel."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from services.calendar.domain.finding.booking import (
    Kind,
    Page,
    Question,
    answers_given,
    may_book,
    may_cancel,
    open_slots,
    page_given,
)
from services.calendar.domain.finding.working_hours import USUAL, hours_given

MINUTE, HOUR, DAY = 60, 3600, 86400
MONDAY = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp())
LAST_WEEK = MONDAY - 7 * DAY
WEEK = (MONDAY, MONDAY + 7 * DAY)
PAGE = Page(hours_given("Africa/Lome", [(1, "08:00", "10:00"), (2, "08:00", "10:00")]))


def clocks(spans: list[tuple[int, int]]) -> list[str]:
    return [f"{datetime.fromtimestamp(start, UTC):%a %H:%M}" for start, _ in spans]


def test_the_open_hours_of_a_week_are_offered_step_by_step() -> None:
    found = open_slots(PAGE, 30, WEEK, LAST_WEEK)
    assert clocks(found) == [f"{day} {at}" for day in ("Mon", "Tue") for at in ("08:00", "08:30", "09:00", "09:30")]
    assert all(end - start == 30 * MINUTE for start, end in found)
    assert clocks(open_slots(PAGE, 30, WEEK, LAST_WEEK, closed={date(2026, 1, 5)}))[0] == "Tue 08:00"


def test_what_the_owner_has_and_buffers_around_it_are_not_offered() -> None:
    busy = [(MONDAY + 9 * HOUR, MONDAY + 9 * HOUR + 15 * MINUTE)]
    day = (MONDAY, MONDAY + DAY)
    assert clocks(open_slots(PAGE, 30, day, LAST_WEEK, busy=busy)) == ["Mon 08:00", "Mon 08:30", "Mon 09:30"]
    after = replace(PAGE, after=5)
    assert clocks(open_slots(after, 30, day, LAST_WEEK, busy=busy)) == ["Mon 08:00", "Mon 09:30"]
    before = replace(PAGE, before=20)
    assert clocks(open_slots(before, 30, day, LAST_WEEK, busy=busy)) == ["Mon 08:00", "Mon 08:30"]


def test_two_appointments_are_as_far_apart_as_the_longer_buffer() -> None:
    """The first keeps its time after it too, also where the second needs none before."""
    page = replace(PAGE, after=10)
    booked = [(MONDAY + 8 * HOUR, MONDAY + 8 * HOUR + 30 * MINUTE)]
    found = open_slots(page, 30, (MONDAY, MONDAY + DAY), LAST_WEEK, busy=booked, booked=booked)
    assert clocks(found) == ["Mon 09:00", "Mon 09:30"]


def test_a_full_day_is_closed() -> None:
    page = replace(PAGE, most_a_day=2)
    booked = [(MONDAY + 8 * HOUR, MONDAY + 8 * HOUR + 30 * MINUTE)]
    assert len(open_slots(page, 30, WEEK, LAST_WEEK, busy=booked, booked=booked)) == 7
    booked.append((MONDAY + 9 * HOUR, MONDAY + 9 * HOUR + 30 * MINUTE))
    assert {at[:3] for at in clocks(open_slots(page, 30, WEEK, LAST_WEEK, busy=booked, booked=booked))} == {"Tue"}


def test_notice_and_horizon_bound_what_is_offered() -> None:
    page = replace(PAGE, notice=timedelta(hours=2), horizon=timedelta(days=1))
    found = open_slots(page, 30, WEEK, MONDAY + 7 * HOUR)
    assert clocks(found) == ["Mon 09:00", "Mon 09:30"]
    found = open_slots(page, 30, WEEK, MONDAY + 9 * HOUR)
    assert clocks(found) == ["Tue 08:00", "Tue 08:30"]


def test_what_was_shown_is_asked_again_before_it_is_booked() -> None:
    wanted = (MONDAY + 8 * HOUR + 30 * MINUTE, MONDAY + 9 * HOUR)
    assert may_book(PAGE, wanted, LAST_WEEK)
    assert not may_book(PAGE, wanted, LAST_WEEK, busy=[(wanted[0] + MINUTE, wanted[1])])
    assert not may_book(PAGE, (wanted[0] + 5 * MINUTE, wanted[1] + 5 * MINUTE), LAST_WEEK)
    assert not may_book(PAGE, wanted, wanted[0])
    assert not may_book(PAGE, (wanted[0], wanted[1] + 1), LAST_WEEK)
    with pytest.raises(InvalidInput):
        may_book(PAGE, (wanted[0], wanted[1] + HOUR), LAST_WEEK)


def test_one_cancels_until_the_time_that_the_page_says() -> None:
    page = replace(PAGE, cancel_until=timedelta(hours=24))
    assert may_cancel(page, MONDAY, MONDAY - DAY)
    assert not may_cancel(page, MONDAY, MONDAY - DAY + 1)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 7 * 96), st.integers(1, 20)), max_size=12),
    st.sampled_from([15, 30, 45]),
    st.sampled_from([15, 20, 30]),
    st.integers(0, 60),
    st.integers(0, 60),
    st.integers(-10 * DAY, 10 * DAY),
)
def test_what_is_offered_keeps_every_rule(
    taken: list[tuple[int, int]], length: int, step: int, before: int, after: int, ago: int
) -> None:
    page = page_given(Page(USUAL, (15, 30, 45), step, before, after, timedelta(hours=3), timedelta(days=9)))
    busy = [(MONDAY + at * 900, MONDAY + (at + more) * 900) for at, more in taken]
    now = MONDAY + ago
    found = set(open_slots(page, length, WEEK, now, busy=busy))
    hours = USUAL.open(MONDAY - DAY, MONDAY + 8 * DAY)
    for opened, closes in hours:
        for start in range(opened, closes, step * MINUTE):
            end = start + length * MINUTE
            fits = end <= closes and start >= WEEK[0] and end <= WEEK[1]
            timely = now + 3 * HOUR <= start and end <= now + 9 * DAY
            clear = all(e <= start - before * MINUTE or s >= end + after * MINUTE for s, e in busy)
            assert ((start, end) in found) == (fits and timely and clear)
            found.discard((start, end))
    assert not found


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lengths", ()), ("lengths", (30, 30)), ("lengths", (4,)), ("lengths", (481,)),
        ("lengths", tuple(range(5, 20))),
        ("step", 0), ("step", -5), ("before", -1), ("after", 241), ("notice", timedelta(-1)), ("notice", timedelta(61)),
        ("horizon", timedelta(0)), ("horizon", timedelta(367)), ("most_a_day", -1), ("cancel_until", timedelta(-1)),
        ("hours", hours_given("Africa/Lome", [])),
    ],
)  # fmt: skip
def test_rules_that_no_page_may_have(field: str, value: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        page_given(replace(PAGE, **{field: value}))
    # As REST has it.
    names = {"notice": "notice_minutes", "horizon": "horizon_days", "cancel_until": "cancel_minutes"}
    assert list(refused.value.fields) == [names.get(field, field)]


@pytest.mark.parametrize(
    "questions",
    [
        [Question("Name", "Nom ?")],
        [Question("name", "")],
        [Question("name", "Nom\r\nATTENDEE:x")],
        [Question("name", "N" * 201)],
        [Question("name", "Nom ?"), Question("name", "Prénom ?")],
        [Question("why", "Motif ?", kind=Kind.CHOICE)],
        [Question("why", "Motif ?", choices=("a",))],
        [Question("why", "Motif ?", kind=Kind.CHOICE, choices=("",))],
        [Question(f"q{n}", "?") for n in range(21)],
    ],
)
def test_questions_that_no_page_may_ask(questions: list[Question]) -> None:
    with pytest.raises(InvalidInput):
        page_given(replace(PAGE, questions=tuple(questions)))


QUESTIONS = (
    Question("name", "Nom ?", required=True),
    Question("about", "Objet ?", kind=Kind.TEXT),
    Question("phone", "Téléphone ?", kind=Kind.TELEPHONE),
    Question("why", "Motif ?", kind=Kind.CHOICE, choices=("Passeport", "Visa")),
)


def test_answers_are_kept_as_they_were_given() -> None:
    answers = {"name": " A. ", "about": "Deux\nlignes", "phone": "+228 22 21 20 19", "why": "Visa"}
    assert answers_given(QUESTIONS, answers) == {**answers, "name": "A."}
    assert answers_given(QUESTIONS, {"name": "A.", "about": "  ", "why": ""}) == {"name": "A."}


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "A\r\nBEGIN:VALARM"}, "name"),
        ({"name": "A\x00"}, "name"),
        ({"name": "A" * 201}, "name"),
        ({"name": "A", "about": "x" * 2001}, "about"),
        ({"name": "A", "about": "\u202eexe"}, "about"),
        ({"name": "A", "phone": "call me"}, "phone"),
        ({"name": "A", "why": "Autre"}, "why"),
        ({"name": "A", "other": "x"}, "other"),
    ],
)
def test_answers_that_do_not_fit(answers: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        answers_given(QUESTIONS, answers)
    assert set(refused.value.fields) == {field}
