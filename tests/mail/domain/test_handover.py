"""Names and ids of what is handed over."""

from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from chassis.errors import InvalidInput
from chassis.ids import new_id
from services.mail.domain.handover import given_id, given_name
from services.mail.domain.names import mailbox_name

LEVELS = st.one_of(st.text(min_size=1, max_size=12), st.sampled_from(["x" * 120, "é" * 60, "2026"]))
NAMES = st.lists(LEVELS, min_size=1, max_size=17).map("/".join)
LABELS = st.text("abc0", min_size=1, max_size=40)
ADDRESSES = st.builds("{}@{}.{}.tg".format, st.text("agent'_-.1", min_size=1, max_size=64), LABELS, LABELS)


def test_a_mailbox_is_named_after_who_had_it() -> None:
    assert given_name("agent1@finances.gouv.tg", "INBOX", new_id()) == "Boîte de agent1@finances.gouv.tg/INBOX"
    assert given_name("a@gouv.tg", "Dossiers/2026", new_id()) == "Boîte de a@gouv.tg/Dossiers/2026"


@given(ADDRESSES, NAMES)
def test_any_mailbox_of_anybody_has_a_name_that_a_mailbox_may_have(address: str, wanted: str) -> None:
    try:
        name = mailbox_name(wanted)
    except InvalidInput:
        return
    first, second = (given_name(address, name, mailbox_id) for mailbox_id in ("1" * 26, "2" * 26))
    assert mailbox_name(first) == first
    assert first.startswith("Boîte de ")
    assert first.count("/") >= 1
    if first != second:
        assert len(name) + len(address) > 200


def test_the_deepest_and_longest_names_are_joined_and_kept_apart() -> None:
    deep = "/".join("abcdefghijklmnop")
    assert given_name("a@gouv.tg", deep, new_id()) == "Boîte de a@gouv.tg/" + "/".join("abcdefghijklmn") + "/o-p"
    long = "d" * 120 + "/" + "e" * 134
    names = {given_name("a@gouv.tg", long, each) for each in ("1" * 26, "2" * 26)}
    assert len(names) == 2
    assert {mailbox_name(name) for name in names} == names


def test_a_copys_id_follows_from_what_it_is_a_copy_of() -> None:
    origin, other = new_id(), new_id()
    one = given_id(f"a.{origin}", "s1")
    assert one == given_id(f"a.{origin}", "s1")
    assert len({one, given_id(f"a.{origin}", "s2"), given_id(f"a.{other}", "s1"), given_id(f"b.{origin}", "s1")}) == 4
    assert ULID.from_str(one).timestamp == ULID.from_str(origin).timestamp
