"""Rights in mailboxes as letters (RFC 4314)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Forbidden, InvalidInput, NotFound
from services.mail.domain.rights import ALL, ORDER, changeable, changed, letters, refuse_flags, require, rights, shown
from services.mail.domain.sharing import in_namespace, own_name, with_grant

HELD = st.frozensets(st.sampled_from(ORDER))


@given(HELD, HELD)
def test_rights_are_added_taken_away_and_replaced(before: frozenset[str], named: frozenset[str]) -> None:
    assert changed(before, "+" + letters(named)) == before | named
    assert changed(before, "-" + letters(named)) == before - named
    assert changed(before, letters(named)) == named
    assert rights(shown(ALL)) == ALL


@pytest.mark.parametrize("change", ["z", "lr z", "++r", "+-r", "LR", "é", "l\x00"])
def test_what_is_no_right_is_refused(change: str) -> None:
    with pytest.raises(InvalidInput):
        changed(ALL, change)


def test_letters_of_rfc_2086_stand_for_those_that_they_were_split_into() -> None:
    assert rights("lrcd") == frozenset("lrkxte")
    assert shown(frozenset("lrk")) == "lrkc"
    assert shown(frozenset("lre")) == "lred"
    assert shown(frozenset("lr")) == "lr"


def test_who_may_not_find_it_is_told_as_if_it_were_not_there() -> None:
    with pytest.raises(NotFound, match="No such mailbox"):
        require(ALL - {"l"}, ["r"])
    with pytest.raises(Forbidden):
        require(frozenset("l"), ["r"])
    require(frozenset("lr"), ["r"])


def test_flags_are_changed_by_the_right_for_each() -> None:
    flags = ["\\Answered", "\\Deleted", "\\Seen", "projet"]
    assert changeable(frozenset("s"), flags) == ("\\Seen",)
    assert changeable(frozenset("t"), flags) == ("\\Deleted",)
    assert changeable(frozenset("w"), flags) == ("\\Answered", "projet")
    with pytest.raises(Forbidden):
        refuse_flags(frozenset("sw"), flags)


@pytest.mark.parametrize("name", ["Fonctions", "autres utilisateurs/a@gouv.tg", "FONCTIONS/x"])
def test_names_of_others_mailboxes_are_nobodys_own(name: str) -> None:
    assert in_namespace(name)
    with pytest.raises(InvalidInput):
        own_name(name)
    assert own_name("Dossiers/Fonctions") == "Dossiers/Fonctions"


def test_an_entry_replaces_the_one_before() -> None:
    acl = with_grant((("a", "lr"), ("b", "l")), "a", "lrs")
    assert acl == (("b", "l"), ("a", "lrs"))
    assert with_grant(acl, "b", "") == (("a", "lrs"),)
