"""Letters as other servers tell them."""

from hypothesis import given
from hypothesis import strategies as st

from cli.sources.imap import known_flags
from services.mail.domain.flags import canonical


def test_flags_of_another_server_keep_no_letter_behind() -> None:
    told = (b"\\Recent", b"\\XFERED", b"$Forwarded", b"a b", b"\xe9", b"k" * 101, b"\\seen", b"NonJunk", b"]")
    assert known_flags(told) == ("\\seen", "$Forwarded", "NonJunk")
    many = known_flags([*(b"k%d" % number for number in range(100)), b"\\Flagged"])
    assert "\\Flagged" in canonical(many)


@given(st.lists(st.binary(max_size=8), max_size=100))
def test_whatever_flags_there_are_the_letter_is_taken(flags: list[bytes]) -> None:
    canonical(known_flags(flags))
