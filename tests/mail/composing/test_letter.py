"""Letters that are written here, read by the standard library."""

import email
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from services.mail.domain.composing.answers import Kind, Original, recipients_of, references_of, subject_of
from services.mail.domain.composing.flowed import flowed, unflowed
from services.mail.domain.composing.letter import Attached, Base64, File, Letter, checked, segments
from services.mail.domain.mime import Address, Scanner, describe
from services.mail.domain.reading.markup import clean_own, content_ids

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
AUTHOR = Address("Agent 1", "agent1@numerique.gouv.tg")


def octets_of(letter: Letter) -> bytes:
    made = bytearray()
    for segment in segments(checked(letter), NOW, "01junique"):
        if isinstance(segment, File):
            encoder = Base64()
            source: bytes = segment.attached.source
            made += encoder.feed(source) + encoder.close() if segment.encoded else source
        else:
            made += segment
    return bytes(made)


def read(letter: Letter) -> EmailMessage:
    message = email.message_from_bytes(octets_of(letter), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_plain_letter() -> None:
    message = read(
        Letter(AUTHOR, to=[Address("Éloïse", "agent2@sante.gouv.tg")], subject="Réunion", text="Voilà.\nFin")
    )
    assert message["subject"] == "Réunion"
    assert message["to"].addresses[0].display_name == "Éloïse"
    assert (message["date"].datetime, message["message-id"]) == (NOW, "<01junique@numerique.gouv.tg>")
    assert message.get_content_type() == "text/plain"
    assert message.get_param("format") == "flowed"
    assert message.get_content().split() == ["Voilà.", "Fin"]


def test_html_inline_images_and_attachments_stand_as_mail_programs_expect() -> None:
    logo = Attached(b"\x89PNG", "logo.png", "image/png", inline=True, content_id="logo@x")
    file = Attached(b"x" * 100_000, "compte rendu n°1.pdf", "application/pdf")
    whole = Attached(b"Subject: Dedans\r\n\r\nBonjour\r\n", "dedans.eml", "message/rfc822")
    message = read(
        Letter(AUTHOR, text="Voilà", html="<p>Voilà <img src='cid:logo@x'></p>", attachments=[logo, file, whole])
    )
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
        "application/pdf", "message/rfc822", "text/plain",
    ]  # fmt: skip
    parts = list(message.walk())
    assert parts[5]["content-id"] == "<logo@x>"
    assert (parts[6].get_filename(), parts[6].get_content()) == ("compte rendu n°1.pdf", b"x" * 100_000)
    assert parts[7].get_content()["subject"] == "Dedans"
    assert max(map(len, octets_of(Letter(AUTHOR, attachments=[file])).split(b"\r\n"))) <= 998


LINES = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(subject=LINES, name=LINES, text=LINES, filename=LINES)
def test_nothing_that_is_typed_becomes_a_field_or_a_part(subject: str, name: str, text: str, filename: str) -> None:
    attached = Attached(b"x", filename + "\r\nX-Evil: 1", "text/plain")
    letter = Letter(
        Address(name + "\r\nX-Evil: 1", AUTHOR.address),
        to=[Address(name + "\nX-Evil: 1", "agent2@sante.gouv.tg")],
        subject=subject + "\r\n\r\nX-Evil: 1",
        text=text + "\n--m-01junique--\n--m-01junique\n",
        attachments=[attached],
    )
    octets = octets_of(letter)
    assert b"\nX-Evil" not in octets
    assert b"\n" not in octets.replace(b"\r\n", b"")
    scanner = Scanner()
    scanner.feed(octets)
    description = describe(scanner.close())
    assert [who.address for who in (*description.from_, *description.to)] == [AUTHOR.address, "agent2@sante.gouv.tg"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"to": [Address("", "personne")]}, "to"),
        ({"cc": [Address("", "a@b@c.tg")]}, "cc"),
        ({"bcc": [Address("", "a@gouv.tg\r\nX: y")]}, "bcc"),
        ({"to": [Address("", f"a{number}@gouv.tg") for number in range(1001)]}, "to"),
        ({"text": "x" * (2 * 1024 * 1024 + 1)}, "text"),
        ({"attachments": [Attached(b"", "a", "text/plain\r\nX: y")]}, "attachments"),
        ({"attachments": [Attached(b"", "a", "multipart/mixed")]}, "attachments"),
        ({"attachments": [Attached(b"", "a", "image/png", True, "<a>\r\n")]}, "attachments"),
        ({"attachments": [Attached(b"", "a", "image/png")] * 201}, "attachments"),
    ],
)
def test_what_cannot_be_sent_is_named(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as wrong:
        checked(Letter(AUTHOR, **given))
    assert field in wrong.value.fields


@given(st.lists(st.text("abc é>.-", max_size=100).map(str.strip), max_size=8))
def test_flowed_text_comes_back_as_it_was(lines: list[str]) -> None:
    text = "\n".join(line for line in lines if not line.startswith(">"))
    sent = flowed(text)
    assert unflowed(sent).rstrip("\n") == text.rstrip("\n")
    assert all(len(line) <= 78 or " " not in line.strip() for line in sent.split("\n"))


def test_quotations_are_wrapped_in_their_depth() -> None:
    words = "> " + "mot " * 40
    sent = flowed(f"Bonjour\n{words}\n>> plus bas\n-- \nAgent 1")
    lines = sent.split("\n")
    assert all(line.startswith("> mot") and len(line) <= 78 for line in lines[1:-5])
    assert lines[-4:-1] == [">> plus bas", "-- ", "Agent 1"]
    assert unflowed(sent).split("\n")[1].rstrip() == words.rstrip()


@given(st.lists(st.binary(max_size=40_000), max_size=4))
def test_octets_are_encoded_as_they_pass(pieces: list[bytes]) -> None:
    encoder = Base64()
    encoded = b"".join(map(encoder.feed, pieces)) + encoder.close()
    message = email.message_from_bytes(b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded)
    assert (message.get_payload(decode=True) or b"") == b"".join(pieces)
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))


ORIGINAL = Original(
    subject="Re: TR : RE: Budget",
    authors=[Address("Agent 2", "agent2@sante.gouv.tg")],
    reply_to=[],
    to=[Address("", "agent1@numerique.gouv.tg"), Address("", "agent3@finances.gouv.tg")],
    cc=[Address("", "agent4@finances.gouv.tg"), Address("", "AGENT2@sante.gouv.tg")],
    date=NOW,
    message_id="<3@x>",
    references="<1@x> <2@x>\r\n <3@x>",
    in_reply_to="<2@x>",
)
OWN = ("agent1@numerique.gouv.tg",)


def addresses(people: list[Address]) -> list[str]:
    return [who.address for who in people]


def test_whom_an_answer_goes_to() -> None:
    to, cc = recipients_of(ORIGINAL, Kind.REPLY, OWN)
    assert (addresses(to), addresses(cc)) == (["agent2@sante.gouv.tg"], [])
    to, cc = recipients_of(ORIGINAL, Kind.REPLY_ALL, OWN)
    assert addresses(to) == ["agent2@sante.gouv.tg"]
    assert addresses(cc) == ["agent3@finances.gouv.tg", "agent4@finances.gouv.tg"]
    assert recipients_of(ORIGINAL, Kind.FORWARD, OWN) == ([], [])
    to, cc = recipients_of(ORIGINAL, Kind.REPLY_ALL, ["agent2@sante.gouv.tg"])
    assert addresses(to) == ["agent1@numerique.gouv.tg", "agent3@finances.gouv.tg"]
    assert addresses(cc) == ["agent4@finances.gouv.tg"]


def test_subjects_and_references_of_answers() -> None:
    assert subject_of(ORIGINAL, Kind.REPLY) == "Re: TR : RE: Budget"
    assert subject_of(ORIGINAL, Kind.FORWARD) == "Fwd: Re: TR : RE: Budget"
    assert references_of(ORIGINAL) == "<1@x> <2@x> <3@x>"


def test_html_of_ours_is_cleaned_by_the_same_lists() -> None:
    html = clean_own(
        "<p style='color:red;position:fixed' onclick=x>a<img src='cid:logo@x'><img src='https://a.example/1.png'>"
        "<img src='/v1/mail/messages/01J/attachments/2'><a href='https://g0uv.tg'>gouv.tg</a></p><script>x</script>"
    )
    assert 'src="cid:logo@x"' in html
    assert 'style="color:red"' in html
    for absent in ("a.example", "/v1/", "script", "onclick", "position", "data-deceptive", "blocked:"):
        assert absent not in html


def test_the_parts_that_html_of_ours_names_are_told_as_they_are_called() -> None:
    html = clean_own("<img src='cid:a&amp;b@x'><img src='CID:logo@x'><img src='https://a.example/cid:c'>")
    assert content_ids(html) == {"a&b@x", "logo@x"}
