"""The codec: any octets are a command or bad syntax, and what is written is read as it was meant."""

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from services.mail.managesieve.codec import BadSyntax, parse, response, write
from services.mail.managesieve.codec import commands as verbs

PIECES = st.sampled_from(
    [b"PUTSCRIPT", b"NOOP", b"HAVESPACE", b"AUTHENTICATE", b" ", b'"', b"\\", b"{3+}\r\n", b"{0}\r\n",
     b"{9999999999+}\r\n", b"abc", b"12", b"-1", b"\xff", b"\0", b"\r\n", b"AA=="]
)  # fmt: skip


@given(st.one_of(st.binary(max_size=80), st.lists(PIECES, max_size=12).map(b"".join)))
def test_any_octets_are_a_command_or_bad_syntax(octets: bytes) -> None:
    for read in (parse, response):
        with contextlib.suppress(BadSyntax):
            read(octets)


@given(st.binary(max_size=2000), st.booleans())
def test_a_script_is_read_as_it_was_written(script: bytes, plus: bool) -> None:
    literal = b"{%d%b}\r\n%b" % (len(script), b"+" if plus else b"", script)
    assert parse(b'PUTSCRIPT "a" ' + literal) == verbs.PutScript("a", script)
    assert parse(b'putscript "a" ' + write.string(script)) == verbs.PutScript("a", script)


@given(st.text(st.characters(codec="utf-8"), max_size=1200))
def test_what_is_told_is_one_string_without_what_no_string_may_have(text: str) -> None:
    shown = write.no(text, b"TAG " + write.string(b'a"\\b'))
    assert shown.startswith(b'NO (TAG "a\\"\\\\b") ')
    told = parse(b"NOOP " + shown.removeprefix(b'NO (TAG "a\\"\\\\b") '))
    assert isinstance(told, verbs.Noop)
    assert told.tag is not None
    assert b"\0" not in told.tag
    assert told.tag.decode("utf-8").replace("\r\n", "\n").count("\n") == text.count("\n")
