"""What a resource accepts: its hours, its horizon, who may have it, and series of which some instances clash."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from chassis.errors import InvalidInput
from services.calendar.domain.finding.working_hours import USUAL, hours_given
from services.calendar.domain.resources.deciding import TEXTS, Asked, Decision, Instance, Reason, State, decide
from services.calendar.domain.resources.resource import (
    Kind,
    OnClash,
    Policy,
    Resource,
    address_given,
    described,
    is_resource,
    local_part,
)

HOUR, DAY = 3600, 86400
CREATED = datetime(2026, 1, 1, tzinfo=UTC)
MONDAY = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp())
NOW = MONDAY - 3 * DAY
PATH = ("ministry", "office")
ROOM = Resource("room-1", Kind.ROOM, "Salle Kara", "salle-kara@ressources.gouv.tg", "office", PATH, CREATED)
NINE = Instance(MONDAY + 9 * HOUR, MONDAY + 10 * HOUR)
WEEKLY = [replace(NINE, start=NINE.start + n * 7 * DAY, end=NINE.end + n * 7 * DAY, recurrence=n + 1) for n in range(4)]


def asked(*instances: Instance, **how: object) -> Asked:
    return Asked(PATH, instances, **how)  # type: ignore[arg-type]


def with_policy(**said: object) -> Resource:
    return replace(ROOM, policy=replace(ROOM.policy, **said))


def test_what_is_free_is_accepted_and_what_is_taken_is_not() -> None:
    assert decide(ROOM, asked(NINE), [], NOW) == Decision(State.ACCEPTED)
    around = [(NINE.start - HOUR, NINE.start), (NINE.end, NINE.end + 1)]
    assert decide(ROOM, asked(NINE), around, NOW).state is State.ACCEPTED
    for taken in ((NINE.start, NINE.start + 1), (NINE.end - 1, NINE.end), (NINE.start - HOUR, NINE.end + HOUR)):
        assert decide(ROOM, asked(NINE), [taken], NOW) == Decision(State.DECLINED, Reason.BUSY)


def test_of_a_series_that_clashes_instances_are_declined_or_all_of_it() -> None:
    busy = [(WEEKLY[1].start, WEEKLY[1].end)]
    series = asked(*WEEKLY, recurring=True)
    assert decide(ROOM, series, busy, NOW) == Decision(State.ACCEPTED, None, {2: Reason.BUSY})
    assert decide(with_policy(on_clash=OnClash.DECLINE_ALL), series, busy, NOW) == Decision(State.DECLINED, Reason.BUSY)
    everything = [(each.start, each.end) for each in WEEKLY]
    assert decide(ROOM, series, everything, NOW) == Decision(State.DECLINED, Reason.BUSY)


def test_what_is_past_of_a_series_is_not_asked_about_any_more() -> None:
    series = asked(*WEEKLY, recurring=True)
    busy = [(WEEKLY[0].start, WEEKLY[0].end)]
    assert decide(ROOM, series, busy, WEEKLY[0].end) == Decision(State.ACCEPTED)
    assert decide(ROOM, series, [], WEEKLY[-1].end) == Decision(State.DECLINED, Reason.PAST)


def test_a_series_without_end_or_with_too_many_instances_is_declined() -> None:
    assert decide(ROOM, asked(*WEEKLY, recurring=True, endless=True), [], NOW).reason is Reason.TOO_FAR
    many = [replace(NINE, recurrence=n) for n in range(401)]
    assert decide(ROOM, asked(*many, recurring=True), [], NOW).reason is Reason.TOO_MANY
    assert decide(with_policy(recurring=False), asked(*WEEKLY, recurring=True), [], NOW).reason is Reason.NO_SERIES


def test_how_long_and_how_far_ahead() -> None:
    assert decide(with_policy(longest_minutes=59), asked(NINE), [], NOW).reason is Reason.TOO_LONG
    assert decide(with_policy(longest_minutes=60), asked(NINE), [], NOW).state is State.ACCEPTED
    far = with_policy(horizon_days=11)
    assert decide(far, asked(*WEEKLY, recurring=True), [], NOW).declined == {3: Reason.TOO_FAR, 4: Reason.TOO_FAR}


def test_who_may_book_is_said_by_unit() -> None:
    ministry, other = with_policy(bookers=("ministry",)), with_policy(bookers=("elsewhere",))
    assert decide(ministry, asked(NINE), [], NOW).state is State.ACCEPTED
    assert decide(other, asked(NINE), [], NOW) == Decision(State.DECLINED, Reason.NOT_FOR_YOU)
    assert decide(other, asked(NINE, steward=True), [], NOW).state is State.ACCEPTED


def test_a_steward_decides_where_nothing_is_accepted_by_itself() -> None:
    asks = with_policy(automatic=False, stewards=("steward",))
    assert decide(asks, asked(NINE), [], NOW).state is State.TENTATIVE
    assert decide(asks, asked(NINE, steward=True), [], NOW).state is State.ACCEPTED
    assert decide(asks, asked(NINE), [(NINE.start, NINE.end)], NOW).state is State.DECLINED


def test_opening_hours_and_holidays() -> None:
    office = replace(ROOM, hours=USUAL)
    noon = Instance(MONDAY + 11 * HOUR, MONDAY + 15 * HOUR)
    assert decide(office, asked(noon), [], NOW).reason is Reason.CLOSED
    assert decide(office, asked(NINE), [], NOW).state is State.ACCEPTED
    holidays = {date(2026, 1, 5)}
    assert decide(office, asked(NINE), [], NOW, holidays).state is State.ACCEPTED
    shut = replace(office, policy=replace(office.policy, on_holidays=False))
    assert decide(shut, asked(NINE), [], NOW, holidays).reason is Reason.CLOSED


def test_a_whole_day_needs_a_day_on_which_it_opens() -> None:
    office = replace(ROOM, hours=USUAL)
    day = Instance(MONDAY, MONDAY + DAY, all_day=True)
    assert decide(office, asked(day), [], NOW).state is State.ACCEPTED
    saturday = replace(day, start=MONDAY + 5 * DAY, end=MONDAY + 6 * DAY)
    assert decide(office, asked(saturday), [], NOW).reason is Reason.CLOSED
    assert decide(office, asked(day), [(NINE.start, NINE.end)], NOW).reason is Reason.BUSY


def test_what_takes_no_time_is_not_put_over_others() -> None:
    moment = replace(NINE, end=NINE.start)
    assert decide(ROOM, asked(moment), [(NINE.start - HOUR, NINE.end)], NOW).reason is Reason.BUSY
    assert decide(ROOM, asked(moment), [], NOW).state is State.ACCEPTED


def test_every_reason_is_said_in_both_languages() -> None:
    assert set(TEXTS) == set(Reason)
    assert all(french != english for french, english in TEXTS.values())


def test_an_address_comes_from_the_name() -> None:
    assert local_part("Salle Kara, bât. A") == "salle-kara-bat-a"
    assert local_part("∎") == "ressource"
    assert address_given(" Salle.A ", "ressources.gouv.tg") == "salle.a@ressources.gouv.tg"
    assert address_given("salle@ressources.gouv.tg", "ressources.gouv.tg") == "salle@ressources.gouv.tg"
    for bad in ("", "a b", "a@gouv.tg", "a..b", "-a", "a@", "é", "a" * 65, "a@b@ressources.gouv.tg"):
        with pytest.raises(InvalidInput):
            address_given(bad, "ressources.gouv.tg")
    assert is_resource("room-1")
    assert not is_resource("01ARZ3NDEKTSV4RRFFQ69G5FAV")


def test_what_a_resource_may_be() -> None:
    said = described(ROOM, {"features": [" Écran ", "ecran", "Visioconférence"], "capacity": 12, "floor": "2"})
    assert said.features == ("Écran", "Visioconférence")
    assert {"ecran", "visioconference", "kara"} <= set(said.terms)
    assert said.place == "Salle Kara, 2"


@pytest.mark.parametrize(
    "bad",
    [
        {"name": ""}, {"name": "x" * 101}, {"name": "a\r\nb"}, {"description": "x" * 2001}, {"description": "\x00"},
        {"capacity": -1}, {"capacity": 100_001}, {"features": [""]}, {"features": ["…"]}, {"features": ["x" * 41]},
        {"features": [f"f{n}" for n in range(41)]}, {"building": "x" * 61}, {"floor": "a\nb"},
        {"hours": hours_given("Africa/Lome", [])}, {"policy": Policy(automatic=False)},
        {"policy": Policy(horizon_days=0)}, {"policy": Policy(longest_minutes=4)},
        {"policy": Policy(stewards=tuple(map(str, range(21))))}, {"policy": Policy(bookers=tuple(map(str, range(51))))},
    ],
)  # fmt: skip
def test_what_no_resource_may_be(bad: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        described(ROOM, bad)
