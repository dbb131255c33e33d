"""What lists, REST and IMAP tell of a message."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import getaddresses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.mail.domain.mime import Address, Limits, MessageDescription, Scanner, decode_text, describe


def told(text: str | bytes) -> MessageDescription:
    scanner = Scanner()
    scanner.feed(text.replace("\n", "\r\n").encode() if isinstance(text, str) else text)
    return describe(scanner.close())


LETTER = """\
Date: Mon, 23 Nov 2026 20:18:03 +0100
From: "Agent, Un" <agent1@numerique.gouv.tg>
To: agent2@numerique.gouv.tg, =?utf-8?q?Agent_d=C3=A9l=C3=A9gu=C3=A9?= <agent3@finances.gouv.tg>
Cc: Direction: chef@numerique.gouv.tg, Adjointe <adjointe@numerique.gouv.tg>;, undisclosed:;
Subject: =?utf-8?B?UsOpdW5pb24=?=
 =?utf-8?Q?_de_service?= demain
Message-ID: <1@numerique.gouv.tg>
In-Reply-To: <0@numerique.gouv.tg>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: multipart/alternative; boundary="c"

--c
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Bonjour =E0 tous,
le jour est fix=E9.

--c
Content-Type: text/html; charset=utf-8

<p>Bonjour</p>
--c--
--b
Content-Type: application/pdf;
 name="plan.pdf"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename*=utf-8''plan%20d%27acc%C3%A8s.pdf
Content-ID: <plan@1>

QUJD
--b--
"""


def test_envelope_and_bodystructure_are_as_rfc_3501_wants_them() -> None:
    description = told(LETTER)
    person = b'(("Agent, Un" NIL "agent1" "numerique.gouv.tg"))'
    assert description.envelope == (
        b'("Mon, 23 Nov 2026 20:18:03 +0100" "=?utf-8?B?UsOpdW5pb24=?= =?utf-8?Q?_de_service?= demain" '
        + b" ".join([person] * 3)
        + b' ((NIL NIL "agent2" "numerique.gouv.tg")'
        b'("=?utf-8?q?Agent_d=C3=A9l=C3=A9gu=C3=A9?=" NIL "agent3" "finances.gouv.tg"))'
        b' ((NIL NIL "Direction" NIL)(NIL NIL "chef" "numerique.gouv.tg")'
        b'("Adjointe" NIL "adjointe" "numerique.gouv.tg")(NIL NIL NIL NIL)(NIL NIL "undisclosed" NIL)(NIL NIL NIL NIL))'
        b' NIL "<0@numerique.gouv.tg>" "<1@numerique.gouv.tg>")'
    )
    assert description.bodystructure == (
        b'((("text" "plain" ("charset" "iso-8859-1") NIL NIL "quoted-printable" 40 2 NIL NIL NIL NIL)'
        b'("text" "html" ("charset" "utf-8") NIL NIL "7bit" 14 0 NIL NIL NIL NIL)'
        b' "alternative" ("boundary" "c") NIL NIL NIL)'
        b'("application" "pdf" ("name" "plan.pdf") "<plan@1>" NIL "base64" 4 NIL'
        b' ("attachment" ("filename*" "utf-8\'\'plan%20d%27acc%C3%A8s.pdf")) NIL NIL)'
        b' "mixed" ("boundary" "b") NIL NIL NIL)'
    )
    assert description.body == (
        b'((("text" "plain" ("charset" "iso-8859-1") NIL NIL "quoted-printable" 40 2)'
        b'("text" "html" ("charset" "utf-8") NIL NIL "7bit" 14 0) "alternative")'
        b'("application" "pdf" ("name" "plan.pdf") "<plan@1>" NIL "base64" 4) "mixed")'
    )


def test_fields_are_decoded_for_people() -> None:
    description = told(LETTER)
    assert description.subject == "Réunion de service demain"
    assert description.sender == "Agent, Un <agent1@numerique.gouv.tg>"
    assert description.from_ == [Address("Agent, Un", "agent1@numerique.gouv.tg")]
    assert description.to == [
        Address("", "agent2@numerique.gouv.tg"),
        Address("Agent délégué", "agent3@finances.gouv.tg"),
    ]
    assert [person.address for person in description.cc] == ["chef@numerique.gouv.tg", "adjointe@numerique.gouv.tg"]
    assert description.date == datetime(2026, 11, 23, 20, 18, 3, tzinfo=timezone(timedelta(hours=1)))
    assert description.message_id == "<1@numerique.gouv.tg>"
    assert description.preview == "Bonjour à tous, le jour est fixé."


def test_text_and_attachments_are_located() -> None:
    description = told(LETTER)
    source = LETTER.replace("\n", "\r\n").encode()
    text = description.text_part
    assert text is not None
    assert (text.part, text.content_type, text.charset, text.encoding) == (
        "1.1", "text/plain", "iso-8859-1", "quoted-printable",
    )  # fmt: skip
    octets = source[text.offset : text.offset + text.length]
    assert decode_text(octets, encoding=text.encoding, charset=text.charset).startswith("Bonjour à tous,")
    [plan] = description.attachments
    assert (plan.part, plan.filename, plan.content_type) == ("2", "plan d'accès.pdf", "application/pdf")
    assert (plan.inline, plan.content_id) == (False, "plan@1")
    assert source[plan.offset : plan.offset + plan.length] == b"QUJD"


def test_an_embedded_message_tells_its_envelope_and_lines() -> None:
    description = told("Content-Type: message/rfc822\n\nSubject: dedans\nFrom: a@b.tg\n\nun\ndeux\n")
    inner = b'(NIL "dedans" ((NIL NIL "a" "b.tg")) ((NIL NIL "a" "b.tg")) ((NIL NIL "a" "b.tg")) NIL NIL NIL NIL NIL)'
    text = b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 10 2 NIL NIL NIL NIL)'
    assert description.bodystructure == (
        b'("message" "rfc822" NIL NIL NIL "7bit" 43 ' + inner + b" " + text + b" 5 NIL NIL NIL NIL)"
    )
    assert [attachment.part for attachment in description.attachments] == ["1"]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("=?x-unknown?q?caf=C3=A9?=", "café"),
        ("=?zlib?b?eJw=?=", "x\x9c".encode("latin-1").decode("cp1252", "replace")),
        ("=?idna?q?" + "a" * 5_000 + "?=", "a" * 2_000),
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "é"),
        ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
        ("=?utf-8*fr?q?=C3=A9t=C3=A9?=", "été"),
        ("Réunion brute", "Réunion brute"),
        ("a\x00b", "ab"),
    ],
)
def test_subjects_of_any_charset_are_shown(field: str, expected: str) -> None:
    assert told(f"Subject: {field}\n\n").subject == expected


def test_eight_bit_octets_go_as_literals() -> None:
    raw = b'Subject: caf\xe9 "x"\r\nFrom: Caf\xe9 <a@b.tg>\r\n\r\n'
    description = told(raw)
    assert description.subject == 'café "x"'
    assert b'{8}\r\ncaf\xe9 "x"' in description.envelope
    assert b"({4}\r\nCaf\xe9 NIL" in description.envelope


@pytest.mark.parametrize(
    ("header", "filename"),
    [
        ('attachment; filename="a\\"b.txt"', 'a"b.txt'),
        ("attachment; filename*0*=iso-8859-1''caf%E9; filename*1=.txt", "café.txt"),
        ("attachment; filename*=unknown''caf%C3%A9.txt", "café.txt"),
        ('attachment; filename="=?utf-8?q?caf=C3=A9.txt?="', "café.txt"),
        ("attachment; filename=../../etc/passwd", "passwd"),
        ('attachment; filename="C:\\\\dossier\\\\note.txt"', "note.txt"),
        ("attachment; (commentaire (deux)) filename=note.txt", "note.txt"),
        ('attachment; filename="sans fin', "sans fin"),
        ("attachment; filename*1=b; filename*3=d", ""),
    ],
)
def test_filenames_of_every_form(header: str, filename: str) -> None:
    description = told(f"Content-Type: application/pdf\nContent-Disposition: {header}\n\nx")
    assert description.attachments[0].filename == filename


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("23 Nov 2026 20:18 GMT", datetime(2026, 11, 23, 20, 18, tzinfo=UTC)),
        ("Mon, 23 Nov 26 20:18:60 +0000 (UTC)", None),
        ("hier", None),
        ("99 Xyz 99999 99:99:99 +9999", None),
        ("", None),
    ],
)
def test_dates_that_cannot_be_read_are_absent(value: str, expected: datetime | None) -> None:
    date = told(f"Date: {value}\n\n").date
    assert date == expected or (expected is None and (date is None or date.tzinfo is not None))


def test_html_alone_is_previewed_without_markup() -> None:
    text = "<html><head><title>t</title><style>p{}</style></head><p>Bonjour &agrave; <b>tous</b></p></html>"
    assert told(f"Content-Type: text/html; charset=utf-8\n\n{text}").preview == "Bonjour à tous"


WORD = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
PERSON = st.tuples(st.one_of(st.just(""), WORD, st.tuples(WORD, WORD).map(" ".join)), WORD, WORD)


@given(st.lists(PERSON, max_size=6))
@settings(max_examples=100, deadline=None)
def test_address_lists_are_read_as_the_standard_library_does(people: list[tuple[str, str, str]]) -> None:
    text = ", ".join(f"{n} <{local}@{host}>" if n else f"{local}@{host}" for n, local, host in people)
    assert [tuple(person) for person in told(f"To: {text}\n\n").to] == getaddresses([text] if text else [])


@given(st.text('ab "\\(),:;<>@[]=?\t\x00é', max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_field_is_described(text: str) -> None:
    fields = "".join(f"{name}: {text}\n" for name in ("From", "To", "Subject", "Date", "Content-Disposition"))
    description = told(fields + f"Content-Type: a/b; {text}\nContent-Transfer-Encoding: {text}\n\nx")
    assert description.envelope.startswith(b"(")
    assert b"\0" not in description.envelope + description.bodystructure


@pytest.mark.parametrize("text", ["(" * 200_000, '"' * 200_000, "<" * 200_000, "[" * 200_000, ":;" * 100_000,
                                  '"' + '\\"' * 100_000 + "\\", "=?a?q?" * 40_000, "a@b," * 60_000])  # fmt: skip
def test_hostile_fields_take_linear_time(text: str) -> None:
    description = told(f"To: {text}\nSubject: {text}\nContent-Type: text/plain; a={text}\n\nx")
    assert len(description.envelope) < 4 * Limits().top_header
