"""How long mail is kept by what was given to an account and to the units above it."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis.errors import InvalidInput
from services.mail.domain.allotment import Holder
from services.mail.domain.mailbox import SpecialUse
from services.mail.domain.retention import Given, Retention, checked, retention

MONTH, NOW = timedelta(days=30), datetime(2026, 6, 1, tzinfo=UTC)
ACCOUNT, OFFICE, MINISTRY = (Holder.ACCOUNT, "a"), (Holder.UNIT, "office"), (Holder.UNIT, "ministry")


def held(**nearest_first: dict[str, int]) -> Retention:
    holders = {"account": ACCOUNT, "office": OFFICE, "ministry": MINISTRY}
    return retention([Given(*holders[name], fields) for name, fields in nearest_first.items()], MONTH)


def test_nothing_is_removed_unless_somebody_said_so() -> None:
    nothing = held()
    assert {nothing.days_in(use) for use in (*SpecialUse, None)} == {0}
    assert nothing.recoverable_until(NOW, NOW - timedelta(days=900)) == NOW + MONTH


def test_the_nearest_counts_and_may_be_nothing() -> None:
    holds = held(account={"trash_days": 0}, office={"trash_days": 7, "junk_days": 5}, ministry={"junk_days": 90})
    assert [holds.days_in(use) for use in (SpecialUse.TRASH, SpecialUse.JUNK, SpecialUse.INBOX)] == [0, 5, 0]
    assert (holds.days_in(SpecialUse.JUNK, OFFICE), holds.days_in(SpecialUse.JUNK, MINISTRY)) == (5, 0)


def test_the_shorter_of_two_rules_removes_and_drafts_stay() -> None:
    holds = held(office={"trash_days": 90, "junk_days": 10, "all_days": 60})
    found = {use: holds.days_in(use) for use in (*SpecialUse, None)}
    assert found.pop(SpecialUse.JUNK) == 10
    assert found.pop(SpecialUse.DRAFTS) == 0
    assert set(found.values()) == {60}


def test_of_what_has_to_be_kept_the_longest_counts() -> None:
    """Neither an office nor an administrator of one takes back what the ministry asked."""
    holds = held(account={"minimum_days": 0}, office={"minimum_days": 100}, ministry={"minimum_days": 365})
    assert holds.origins["minimum_days"] == MINISTRY
    came = NOW - timedelta(days=10)
    assert holds.recoverable_until(NOW, came) == came + timedelta(days=365)
    # An old one has its month as ever, and one that claims to be from the future came just now.
    assert holds.recoverable_until(NOW, NOW - timedelta(days=364)) == NOW + MONTH
    assert holds.recoverable_until(NOW, NOW + timedelta(days=9000)) == NOW + timedelta(days=365)


@pytest.mark.parametrize(
    "bad",
    [{"deleted_days": 0}, {"deleted_days": 3651}, {"minimum_days": -1}, {"minimum_days": 36501}, {"trash_days": -1},
     {"junk_days": 2**31 - 1}, {"all_days": 1}, {"all_days": 29}, {"all_days": -30}],
)  # fmt: skip
def test_what_nobody_may_be_given(bad: dict[str, int]) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked({"trash_days": 7} | bad)
    assert set(refused.value.fields) == set(bad)
    assert checked({"all_days": 30, "trash_days": 0}) == {"all_days": 30, "trash_days": 0}
