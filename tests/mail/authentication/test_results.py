"""The field that tells what was found: nobody writes in it but us."""

from hypothesis import given
from hypothesis import strategies as st

from services.mail.domain.authentication import results
from services.mail.domain.authentication.fields import fields_of
from services.mail.domain.authentication.verdicts import Arc, Dkim, Dmarc, Result, Spf, Verdicts


def test_all_methods_are_told() -> None:
    found = Verdicts(
        Spf(Result.PASS, "example.org", "agent@example.org", "mx.example.org"),
        (
            Dkim(Result.PASS, "example.org", "s1", "rsa-sha256", "@example.org", "abcdefgh"),
            Dkim(Result.FAIL, reason="the body was changed"),
        ),
        Arc(Result.PASS, "example.net"),
        Dmarc(Result.PASS, "example.org", "reject"),
    )
    assert results.field("mx.gouv.tg", found).decode() == (
        "Authentication-Results: mx.gouv.tg;\r\n"
        "\tspf=pass smtp.mailfrom=agent@example.org;\r\n"
        "\tdkim=pass header.d=example.org header.s=s1 header.a=rsa-sha256 header.b=abcdefgh;\r\n"
        '\tdkim=fail reason="the body was changed";\r\n'
        "\tdmarc=pass policy.dmarc=reject header.from=example.org;\r\n"
        "\tarc=pass header.d=example.net\r\n"
    )


@given(st.text(max_size=40))
def test_no_value_ends_the_field_or_adds_a_result(hostile: str) -> None:
    found = Verdicts(
        Spf(Result.FAIL, hostile, hostile, hostile),
        (Dkim(Result.FAIL, hostile, hostile, hostile, hostile, hostile, hostile),),
        Arc(Result.FAIL, hostile, b"", hostile),
        Dmarc(Result.FAIL, hostile, "reject"),
    )
    whole = results.field("mx.gouv.tg", found)
    (field,) = fields_of(whole)
    bare, quoted = "", False
    text = field.value.decode("ascii")
    at = 0
    while at < len(text):
        if quoted and text[at] == "\\":
            at += 2
            continue
        if text[at] == '"':
            quoted = not quoted
        elif not quoted:
            bare += text[at]
        at += 1
    assert not quoted
    assert bare.count(";") == 4
    assert bare.count("=fail") >= 4


def test_what_others_wrote_is_taken_out() -> None:
    header = (
        b"Authentication-Results: mx.gouv.tg; dmarc=pass\r\nFrom: a\r\nAUTHENTICATION-RESULTS : mx.gouv.tg;\r\n"
        b"\tspf=pass\r\n more\r\nSubject: Authentication-Results: x\r\nX-Authentication-Results: y\r\n"
        b"ARC-Authentication-Results: i=1; z\r\n\r\n"
    )
    assert results.without_foreign(header) == (
        b"From: a\r\nSubject: Authentication-Results: x\r\nX-Authentication-Results: y\r\n"
        b"ARC-Authentication-Results: i=1; z\r\n\r\n"
    )


def test_a_line_end_that_only_some_readers_see_hides_nothing() -> None:
    for end in (b"\n", b"\r"):
        header = b"X: a" + end + b"Authentication-Results: mx.gouv.tg; dmarc=pass\r\n\r\n"
        assert b"dmarc" not in results.without_foreign(header)
