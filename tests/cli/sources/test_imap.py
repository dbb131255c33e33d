"""Letters as other servers tell them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.sources.imap import is_own, known_flags
from services.mail.domain.flags import canonical


@pytest.mark.parametrize(
    ("namespaces", "own", "others"),
    [
        ([], ["INBOX", "Projets", "user.x"], []),
        ([("", True), ("Autres/", False), ("Fonctions/", False)], ["INBOX", "Projets", "Autres"], ["Autres/a/INBOX"]),
        # As Cyrus has it: what does not begin with INBOX is shared by all.
        ([("INBOX.", True), ("user.", False), ("", False)], ["INBOX", "inbox", "INBOX.Projets"], ["user.a", "Avis"]),
        ([("", True), ("", False)], ["INBOX", "Projets"], []),
    ],
)
def test_mailboxes_of_others_on_another_server_are_left_there(
    namespaces: list[tuple[str, bool]], own: list[str], others: list[str]
) -> None:
    assert [name for name in own + others if is_own(name, namespaces)] == own


def test_flags_of_another_server_keep_no_letter_behind() -> None:
    told = (b"\\Recent", b"\\XFERED", b"$Forwarded", b"a b", b"\xe9", b"k" * 101, b"\\seen", b"NonJunk", b"]")
    assert known_flags(told) == ("\\seen", "$Forwarded", "NonJunk")
    many = known_flags([*(b"k%d" % number for number in range(100)), b"\\Flagged"])
    assert "\\Flagged" in canonical(many)


@given(st.lists(st.binary(max_size=8), max_size=100))
def test_whatever_flags_there_are_the_letter_is_taken(flags: list[bytes]) -> None:
    canonical(known_flags(flags))
