"""Names, flags, UIDs and addresses."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from services.mail.domain.envelope import Domains, Sender, mail_address
from services.mail.domain.flags import FlagAction, canonical, changed
from services.mail.domain.names import above, mailbox_name
from services.mail.domain.uids import LAST, UidSet, common, merged, ranges_of, without

RANGES = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), max_size=8)


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("inbox", "INBOX"),
        ("Inbox/a", "INBOX/a"),
        ("E\u0301te\u0301", "Été"),
        ("a/b c/d", "a/b c/d"),
        ("Inboxes", "Inboxes"),
    ],
)
def test_a_name_has_one_form(given_name: str, name: str) -> None:
    assert mailbox_name(given_name) == name


@pytest.mark.parametrize(
    "name", ["", "/", "a/", "/a", "a//b", " a", "a\nb", "a\x00", "a*", "a%", "\u202ea", "x" * 256, "/".join("a" * 17)]
)
def test_a_name_that_cannot_be_shown_or_listed_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        mailbox_name(name)


def test_the_mailboxes_above() -> None:
    assert above("a/b/c") == ["a", "a/b"]
    assert above("a") == []


def test_a_flag_has_one_form() -> None:
    assert canonical(["\\SEEN", "\\seen", "$FORWARDED", "$Label1", "\\Recent"]) == ("$Forwarded", "$label1", "\\Seen")
    with pytest.raises(InvalidInput):
        canonical(f"k{n}" for n in range(65))


def test_flags_after_an_action() -> None:
    present = ("\\Flagged", "\\Seen")
    assert changed(present, FlagAction.ADD, ("a",)) == ("\\Flagged", "\\Seen", "a")
    assert changed(present, FlagAction.REMOVE, ("\\Seen", "b")) == ("\\Flagged",)
    assert changed(present, FlagAction.REPLACE, ("a",)) == ("a",)


@given(RANGES)
def test_a_set_holds_what_its_ranges_hold(ranges: list[tuple[int, int]]) -> None:
    expected = {uid for first, last in ranges for uid in range(min(first, last), max(first, last) + 1)}
    found = UidSet(ranges)
    assert {uid for uid in range(62) if uid in found} == expected
    assert ranges_of(expected) == found.ranges
    assert all(later[0] > earlier[1] + 1 for earlier, later in pairwise(found.ranges))


@given(RANGES, st.integers(0, 20))
def test_near_ranges_become_one(ranges: list[tuple[int, int]], gap: int) -> None:
    joined = merged(ranges, gap)
    assert all(uid in UidSet(joined) for uid in (end for pair in ranges for end in pair))
    assert all(later[0] - earlier[1] > gap + 1 for earlier, later in pairwise(joined))


def test_an_address_is_looked_up_in_one_form() -> None:
    assert mail_address(" Agent1@Numérique.Gouv.TG. ") == "agent1@xn--numrique-d1a.gouv.tg"
    assert Sender("a", "A@gouv.tg", ("B@gouv.tg",)).owns("b@GOUV.tg")
    assert not Sender("a", "A@gouv.tg").owns("c@gouv.tg")


def test_a_domain_stands_for_all_below_it() -> None:
    domains = Domains(("gouv.tg",))
    assert [domains.hold(f"a@{name}") for name in ("gouv.tg", "sante.gouv.tg", "xgouv.tg", "gouv.tg.org")] == [
        True,
        True,
        False,
        False,
    ]


@given(RANGES.map(merged), RANGES.map(merged))
def test_ranges_are_cut_and_taken_away_as_sets_are(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    def members(ranges: list[tuple[int, int]]) -> set[int]:
        return {uid for first, last in ranges for uid in range(first, last + 1)}

    assert members(common(one, other)) == members(one) & members(other)
    assert members(without(one, other)) == members(one) - members(other)
    assert without([(1, LAST)], [(1, LAST)]) == []
