"""The rules of a page on which others book an appointment: what is open, how often, and until when it can be undone."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from chassis.errors import InvalidInput
from services.calendar.domain.calendars import zone_given
from services.calendar.domain.finding.spans import Span, common, merged, widened, without
from services.calendar.domain.finding.working_hours import WorkingHours

MOST_LENGTHS, MOST_QUESTIONS, MOST_CHOICES, MOST_SLOTS = 8, 20, 30, 2000
LONGEST_TEXT, LONGEST_QUESTION, LONGEST_WINDOW = 2000, 200, timedelta(days=62)
LONGEST_HORIZON, LONGEST_NOTICE = timedelta(days=366), timedelta(days=60)
_MINUTE, _DAY = 60, 24 * 60 * 60
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_TELEPHONE = re.compile(r"\+?[0-9][0-9 .()-]{5,24}", re.ASCII)


class Kind(Enum):
    """What a question is answered with."""

    LINE = "line"
    TEXT = "text"
    TELEPHONE = "telephone"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Question:
    """`key` names its answer; French comes first."""

    key: str
    french: str
    english: str = ""
    kind: Kind = Kind.LINE
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """`lengths`, `step`, `before` and `after` are minutes. Starts are `step` apart from the start of each opening.
    `most_a_day` counts days of the hours' zone; 0 is as many as there is room for."""

    hours: WorkingHours
    lengths: tuple[int, ...] = (30,)
    step: int = 30
    before: int = 0
    after: int = 0
    notice: timedelta = timedelta(hours=4)
    horizon: timedelta = timedelta(days=60)
    most_a_day: int = 0
    cancel_until: timedelta = timedelta(hours=2)
    questions: tuple[Question, ...] = ()


def page_given(page: Page) -> Page:
    """Rules as an owner may set them. Raises `InvalidInput`, by the fields of a page as REST has it."""
    zone_given(page.hours.zone)
    bad: dict[str, str] = {}
    lengths = page.lengths
    if not 1 <= len(set(lengths)) == len(lengths) <= MOST_LENGTHS or not all(5 <= one <= 480 for one in lengths):
        bad["lengths"] = f"1 to {MOST_LENGTHS} different ones, of 5 to 480 minutes"
    if not 5 <= page.step <= 480:
        bad["step"] = "5 to 480 minutes"
    for name, minutes in (("before", page.before), ("after", page.after)):
        if not 0 <= minutes <= 240:
            bad[name] = "at most 240 minutes"
    if not timedelta() <= page.notice <= LONGEST_NOTICE:
        bad["notice_minutes"] = f"at most {LONGEST_NOTICE.days} days"
    if not timedelta(days=1) <= page.horizon <= LONGEST_HORIZON:
        bad["horizon_days"] = f"1 to {LONGEST_HORIZON.days} days"
    if not 0 <= page.most_a_day <= 100:
        bad["most_a_day"] = "at most 100, 0 for no limit"
    if not timedelta() <= page.cancel_until <= LONGEST_NOTICE:
        bad["cancel_minutes"] = f"at most {LONGEST_NOTICE.days} days"
    if not any(page.hours.days):
        bad["hours"] = "open at some time of the week"
    if bad:
        raise InvalidInput("Not rules of an appointment page", fields=bad)
    _check_questions(page.questions)
    return page


def _check_questions(questions: Sequence[Question]) -> None:
    if len(questions) > MOST_QUESTIONS or len({one.key for one in questions}) < len(questions):
        raise InvalidInput("Questions", fields={"questions": f"at most {MOST_QUESTIONS}, each key once"})
    for one in questions:
        if not _KEY.fullmatch(one.key):
            raise InvalidInput("Not a key", fields={"questions": "a key: a to z, then also digits and _, at most 40"})
        texts = (one.french, one.english, *one.choices)
        if not one.french or any(len(text) > LONGEST_QUESTION or not text.isprintable() for text in texts):
            wanted = f"{one.key}: French first, at most {LONGEST_QUESTION}"
            raise InvalidInput("Not a question", fields={"questions": wanted})
        if (one.kind is Kind.CHOICE) != bool(one.choices) or len(one.choices) > MOST_CHOICES or not all(one.choices):
            wanted = f"{one.key}: 1 to {MOST_CHOICES}, of a question that has choices"
            raise InvalidInput("Choices", fields={"questions": wanted})


def answers_given(questions: Sequence[Question], answers: Mapping[str, str]) -> dict[str, str]:
    """Answers to a page's questions, without such as are left empty. Raises `InvalidInput`."""
    bad = dict.fromkeys(answers.keys() - {one.key for one in questions}, "not asked")
    found: dict[str, str] = {}
    for one in questions:
        text = answers.get(one.key, "").strip()
        if not text and one.required:
            bad[one.key] = "needs an answer"
        elif text and (why := _refused(one, text)):
            bad[one.key] = why
        elif text:
            found[one.key] = text
    if bad:
        raise InvalidInput("Answers do not fit the questions", fields={key[:60]: why for key, why in bad.items()})
    return found


def _refused(question: Question, text: str) -> str:
    """What is wrong with an answer, or nothing."""
    lines = text.replace("\r\n", "\n").split("\n")
    if len(text) > (LONGEST_TEXT if question.kind is Kind.TEXT else LONGEST_QUESTION):
        return "is too long"
    # What a reader cannot see has no place in what an event shows.
    if not all(line.isprintable() for line in lines) or (question.kind is not Kind.TEXT and len(lines) > 1):
        return "has characters that are not for reading"
    if question.kind is Kind.CHOICE and text not in question.choices:
        return "is none of the choices"
    if question.kind is Kind.TELEPHONE and not _TELEPHONE.fullmatch(text):
        return "is no telephone number"
    return ""


def open_slots(
    page: Page,
    length: int,
    window: Span,
    now: int,
    *,
    busy: Sequence[Span] = (),
    booked: Sequence[Span] = (),
    closed: Collection[date] = (),
) -> list[Span]:
    """The times of a window that can be booked, the earliest first. `busy`: what the owner has, of the window and a day
    around it; `booked`: the page's own appointments on the days of the window. Raises `InvalidInput`."""
    if length not in page.lengths:
        raise InvalidInput("The page has no appointments so long", fields={"length": "one that it offers"})
    if not 0 < window[1] - window[0] <= LONGEST_WINDOW.total_seconds():
        raise InvalidInput("Not a window", fields={"window": f"at most {LONGEST_WINDOW.days} days"})
    # Whole openings: starts are counted from their beginning, wherever the window begins.
    openings = page.hours.open(window[0] - _DAY, window[1] + _DAY, closed)
    free = without(openings, _taken(page, busy, booked))
    first = max(window[0], now + int(page.notice.total_seconds()))
    last = min(window[1], now + int(page.horizon.total_seconds()))
    full = _full_days(page, booked)
    found = [
        (start, start + length * _MINUTE)
        for opening in openings
        for span in common(free, [opening])
        for start in _starts(page, length * _MINUTE, opening[0], (max(span[0], first), min(span[1], last)))
        if day_of(page, start) not in full
    ]
    return found[:MOST_SLOTS]


def may_book(
    page: Page,
    wanted: Span,
    now: int,
    *,
    busy: Sequence[Span] = (),
    booked: Sequence[Span] = (),
    closed: Collection[date] = (),
) -> bool:
    """Whether just that time is open: what a page showed a while ago may be taken. Raises `InvalidInput`."""
    length, odd = divmod(wanted[1] - wanted[0], _MINUTE)
    return not odd and wanted in open_slots(page, length, wanted, now, busy=busy, booked=booked, closed=closed)


def may_cancel(page: Page, start: int, now: int) -> bool:
    return now <= start - int(page.cancel_until.total_seconds())


def day_of(page: Page, moment: int) -> date:
    """The day that an appointment counts for."""
    return datetime.fromtimestamp(moment, ZoneInfo(page.hours.zone)).date()


def _taken(page: Page, busy: Sequence[Span], booked: Sequence[Span]) -> list[Span]:
    """Where no appointment may be. Two of the page are as far apart as the longer of its buffers is: each
    keeps its own."""
    apart = max(page.before, page.after) * _MINUTE
    around = widened(busy, page.after * _MINUTE, page.before * _MINUTE)
    return merged([*around, *widened(booked, apart, apart)])


def _full_days(page: Page, booked: Sequence[Span]) -> frozenset[date]:
    if not page.most_a_day:
        return frozenset()
    counted = Counter(day_of(page, start) for start, _ in booked)
    return frozenset(day for day, count in counted.items() if count >= page.most_a_day)


def _starts(page: Page, length: int, opened: int, free: Span) -> range:
    step = page.step * _MINUTE
    first = opened + -(-(free[0] - opened) // step) * step
    return range(first, free[1] - length + 1, step)
