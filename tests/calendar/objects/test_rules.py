"""What rules give, by published examples and by dateutil's opinion; and that every rule ends."""

from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from services.calendar.domain.objects.recurrence import Steps, locals_of
from services.calendar.domain.objects.rules import DAY_NAMES, Rule, read_rule
from services.calendar.domain.objects.values import DAY, datetime_of, local_of, read_moment, write_moment

_ROWS = [
    tuple(part.strip() for part in row.split("|"))
    for row in (Path(__file__).parent / "recurrences.txt").read_text().splitlines()
    if row and not row.startswith("#")
]
START = datetime.fromisoformat("2024-01-31T09:30:00")
EDGES = [
    datetime.fromisoformat("0001-01-01"),
    datetime.fromisoformat("2024-02-29"),
    datetime.fromisoformat("9999-12-31T23:59:59"),
]


def given_by(text: str, start: datetime, most: int = 60, steps: int = 100_000) -> list[datetime]:
    rule = read_rule(text)
    assert isinstance(rule, Rule), rule
    found = islice(locals_of(rule, local_of(start), Steps(steps)), most)
    limit = rule.until.local if rule.until is not None else None
    return [datetime_of(local) for local in found if limit is None or local <= limit]


@pytest.mark.parametrize(("rule", "start", "dates"), _ROWS, ids=[row[0] for row in _ROWS])
def test_rules_give_what_the_standard_says(rule: str, start: str, dates: str) -> None:
    moment = read_moment(start)
    assert moment is not None
    found = given_by(rule, datetime_of(moment.local))
    assert [write_moment(local_of(each)) for each in found] == [f"{day}{start[8:]}" for day in dates.split()]


_numbers = st.lists(st.integers(1, 31), min_size=1, max_size=4)
_day = st.sampled_from(DAY_NAMES)
_nth_day = st.builds(lambda nth, day: f"{nth}{day}", st.sampled_from([1, 2, -1, -2]), _day)


@st.composite
def plain_rules(draw: st.DrawFn) -> str:
    """Rules that dateutil and the standard read alike."""
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = {"FREQ": frequency, "INTERVAL": str(draw(st.integers(1, 5))), "COUNT": str(draw(st.integers(1, 30)))}
    if draw(st.booleans()):
        parts["BYMONTH"] = ",".join(map(str, draw(st.lists(st.integers(1, 12), min_size=3, max_size=6, unique=True))))
    if draw(st.booleans()) and frequency != "WEEKLY":
        signed = st.one_of(st.integers(1, 28), st.integers(-28, -1))
        parts["BYMONTHDAY"] = ",".join(map(str, draw(st.lists(signed, min_size=1, max_size=5))))
    if draw(st.booleans()):
        # Of days with and without an n together dateutil takes those that are both, the standard either.
        nth = frequency in ("MONTHLY", "YEARLY") and "BYMONTHDAY" not in parts and draw(st.booleans())
        parts["BYDAY"] = ",".join(draw(st.lists(_nth_day if nth else _day, min_size=1, max_size=4)))
    if draw(st.booleans()):
        parts["BYHOUR"] = ",".join(map(str, draw(st.lists(st.integers(0, 23), min_size=1, max_size=3))))
    if draw(st.booleans()) and {"BYDAY", "BYMONTHDAY"} & set(parts) and frequency != "WEEKLY":
        # Of weeks dateutil counts the first one from DTSTART on, the standard all of it. Another position may never
        # come, which dateutil looks for up to the year 9999.
        parts["BYSETPOS"] = draw(st.sampled_from(["1", "-1", "1,-1"]))
    if draw(st.booleans()):
        parts["WKST"] = draw(_day)
    return ";".join(f"{name}={value}" for name, value in parts.items())


@settings(max_examples=25)
@given(plain_rules(), st.integers(0, 1500))
def test_rules_give_what_dateutil_gives(text: str, later: int) -> None:
    start = START + timedelta(days=later)
    assert given_by(text, start, 6) == list(islice(rrulestr(text, dtstart=start), 6))


@settings(max_examples=15)
@given(plain_rules(), st.integers(0, 1000))
def test_beginning_at_a_window_gives_the_rest_of_the_same(text: str, days: int) -> None:
    endless = read_rule(";".join(part for part in text.split(";") if not part.startswith("COUNT")))
    assert isinstance(endless, Rule)
    since = local_of(START) + days * DAY
    whole = [each for each in islice(locals_of(endless, local_of(START), Steps(200_000)), 3_000) if each >= since]
    later = (each for each in locals_of(endless, local_of(START), Steps(200_000), since) if each >= since)
    expected = whole[:20]
    assert list(islice(later, len(expected))) == expected


_hostile_list = st.lists(st.integers(-400, 400), min_size=1, max_size=120).map(lambda all_: ",".join(map(str, all_)))
_hostile = st.builds(
    lambda frequency, parts: ";".join([f"FREQ={frequency}", *(f"{name}={value}" for name, value in parts.items())]),
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "HOURLY", "MINUTELY", "SECONDLY", "NEVER"]),
    st.dictionaries(
        st.sampled_from(
            ["BYSECOND", "BYMINUTE", "BYHOUR", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS", "INTERVAL"]
        ),
        st.one_of(_hostile_list, st.integers(1, 12).map(str)),
        max_size=5,
    ),
)


@given(_hostile, st.sampled_from(EDGES))
def test_every_rule_ends_within_its_steps(text: str, start: datetime) -> None:
    rule = read_rule(text)
    if isinstance(rule, str):
        return
    steps = Steps(2_000)
    found = list(locals_of(rule, local_of(start), steps))
    assert len(found) <= 2_000
    assert found == sorted(set(found))
    assert steps.spent or not found or found[-1] >= local_of(start)


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;COUNT=3",
        "FREQ=HOURLY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;INTERVAL=99999999999",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=1000000000",
        "FREQ=DAILY;COUNT=3;UNTIL=20300101T000000Z",
        "FREQ=DAILY;UNTIL=never",
        "FREQ=DAILY;BYDAY=XX",
        "FREQ=YEARLY;BYDAY=54MO",
        "FREQ=DAILY;BYMONTH=13",
        "FREQ=DAILY;BYMONTHDAY=0",
        "FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))) + ";BYMINUTE=" + ",".join(map(str, range(60))),
        "FREQ=DAILY;FREQ=WEEKLY",
        "FREQ=YEARLY;RSCALE=CHINESE",
        "FREQ=YEARLY;BYSETPOS=" + ",".join(["1"] * 9_000),
        "FREQ=DAILY;BYMONTH=" + "9" * 4_000,
        "COUNT=3",
        "",
    ],
)
def test_bombs_and_nonsense_are_no_rules(text: str) -> None:
    assert isinstance(read_rule(text), str)


def test_thousands_of_positions_cost_what_their_steps_allow() -> None:
    minutes = ",".join(map(str, range(0, 60, 15)))
    hours = ",".join(map(str, range(24)))
    positions = ",".join(map(str, range(1, 1_500)))
    rule = read_rule(f"FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR={hours};BYMINUTE={minutes};BYSETPOS={positions}")
    assert isinstance(rule, Rule)
    steps = Steps(10_000)
    assert len(list(locals_of(rule, local_of(START), steps))) < 10_000
    assert steps.spent
