"""vCards: what is read and written, and what is refused in bounded time."""

import base64
import time
from contextlib import suppress

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput, TooLarge
from services.directory.domain import vcards
from services.directory.domain.card_filter import (
    CardFilter,
    Collation,
    Match,
    ParameterFilter,
    PropertyFilter,
    TextMatch,
)
from services.directory.domain.card_writing import Details, Labelled, details_of, edited, escaped, written
from services.directory.domain.contacts import contact_of, resource_name_given
from services.directory.domain.vcards import components, read_card, split_cards, unescaped
from tests.directory.cards import card

PLAIN = st.text(
    alphabet=st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=80
).filter(lambda text: text.strip() == text)
APPLE = """BEGIN:VCARD
VERSION:3.0
PRODID:-//Apple Inc.//iOS 17.0//EN
N:Directeur;Budget;;;
FN:Budget Directeur
ORG:Ministère des Finances;Direction du Budget
item1.EMAIL;type=INTERNET;type=WORK;type=pref:budget@finances.gouv.tg
item1.X-ABLabel:_$!<Work>!$_
TEL;type=CELL;type=VOICE:+228 90 00 00 00
NOTE:ligne un\\nligne deux\\, suite
UID:1b2c
X-ADDRESSBOOKSERVER-KIND:group
X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:77
PHOTO;ENCODING=b;TYPE=JPEG:AAAA
 BBBB
END:VCARD
"""


def test_a_telephones_card_is_read() -> None:
    found = contact_of("o", "i", "b", "n.vcf", APPLE.encode(), modseq=1, updated_at=None)  # type: ignore[arg-type]
    details = found.details
    assert (details.display_name, details.given_name, details.family_name) == (
        "Budget Directeur",
        "Budget",
        "Directeur",
    )
    assert details.emails == (Labelled("budget@finances.gouv.tg", "work"),)
    assert details.phones == (Labelled("+228 90 00 00 00", "cell"),)
    assert details.organisation == "Ministère des Finances — Direction du Budget"
    assert (found.kind, found.members, found.has_photo) == ("group", ("urn:uuid:77",), True)
    assert {"ministere", "budget", "22890000000"} <= set(found.terms)


@given(text=st.text(max_size=60))
def test_escaping_is_undone(text: str) -> None:
    assert unescaped(escaped(text)) == text.replace("\r\n", "\n").replace("\r", "\n")


@given(parts=st.lists(st.text(max_size=20).filter(lambda t: "\r" not in t), min_size=1, max_size=6))
def test_components_are_told_apart(parts: list[str]) -> None:
    assert components(";".join(map(escaped, parts))) == parts


@given(name=PLAIN, family=PLAIN, email=PLAIN, note=PLAIN)
def test_another_reader_reads_what_we_write(name: str, family: str, email: str, note: str) -> None:
    details = Details(display_name=name, family_name=family, emails=(Labelled(email, "work"),), note=note)
    octets = written("urn:uuid:1", details)
    assert all(len(line) <= 75 for line in octets.split(b"\r\n"))
    assert details_of(read_card(octets)) == details
    theirs = vobject.readOne(octets.decode(), allowQP=False)
    assert theirs.fn.value == name
    assert theirs.n.value.family == family
    assert theirs.note.value == note


def test_a_change_touches_nothing_else() -> None:
    before = read_card(APPLE.replace("\n", "\r\n").encode())
    octets = edited(
        before, Details(phones=(Labelled("+228 22", "work"),), family_name="Adjoint"), {"phones", "family_name"}
    )
    after = read_card(octets)
    assert details_of(after).phones == (Labelled("+228 22", "work"),)
    assert (details_of(after).family_name, details_of(after).given_name) == ("Adjoint", "Budget")
    kept = {line.raw for line in before.lines if line.name not in {"N", "TEL"}}
    assert kept == {line.raw for line in after.lines if line.name not in {"N", "TEL"}}


BOMBS = {
    "nothing": b"",
    "one object within another": card("a", "", "BEGIN:VCARD", "END:VCARD"),
    "nesting": b"BEGIN:VCARD\r\n" * 20_000,
    "two at once": card() + card(),
    "100,000 properties": card("a", "", *["TEL:1"] * 100_000),
    "a line folded 100,000 times": card("a", "", "NOTE:" + "\r\n x" * 100_000),
    "a megabyte of photo": card("a", "", "PHOTO;ENCODING=b:" + base64.b64encode(bytes(1_000_000)).decode()),
    "parameters without end": card("a", "", "TEL" + ";TYPE=home" * 50_000 + ":1"),
    "a quote that is never closed": card("a", "", 'TEL;TYPE="' + "a," * 50_000),
    "commas": card("a", "", "TEL;TYPE=" + "," * 100_000 + ":1"),
    "a name without end": card("a", "", "A" * 500_000),
    "another charset": card().decode().encode("utf-16"),
    "Latin-1": card("Trésor").decode().encode("latin-1"),
    "a NUL": card("a\x00b"),
    "what XML cannot hold": card("a\uffffb"),
    "a bare carriage return": card("a", "", "NOTE:a\rb"),
    "version 2.1": card("a", version="2.1"),
    "no version": b"BEGIN:VCARD\r\nUID:1\r\nFN:a\r\nEND:VCARD\r\n",
    "two versions": card("a", "", "VERSION:4.0"),
    "no UID": b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:a\r\nEND:VCARD\r\n",
    "an endless UID": card("a", "u" * 10_000),
    "a calendar": b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nUID:1\r\nEND:VCALENDAR\r\n",
    "no end": card().replace(b"END:VCARD\r\n", b""),
    "HTML": b"<html><body>BEGIN:VCARD</body></html>",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_and_what_is_no_vcard_end_in_a_typed_refusal(bomb: str) -> None:
    began = time.process_time()
    with pytest.raises((InvalidInput, TooLarge)) as refusal:
        contact_of("o", "i", "b", "n", BOMBS[bomb], modseq=1, updated_at=None)  # type: ignore[arg-type]
    assert "vcard" in refusal.value.fields
    # Nothing here is quadratic: that would take minutes.
    assert time.process_time() - began < 5


@given(st.binary(max_size=400))
def test_any_octets_are_a_card_or_a_typed_refusal(octets: bytes) -> None:
    for tried in (octets, b"BEGIN:VCARD\r\nVERSION:4.0\r\n" + octets + b"\r\nEND:VCARD"):
        with suppress(InvalidInput, TooLarge):
            assert read_card(tried).version in {"3.0", "4.0"}


@given(st.text(alphabet='AB;:=,"\\\n \t.', max_size=60))
def test_any_line_is_read_or_refused(text: str) -> None:
    try:
        line = vcards.read_line(text.replace("\n", ""))
    except InvalidInput:
        return
    assert line.name.isalpha()
    assert text.replace("\n", "").endswith(line.value)


def test_a_file_is_split_into_its_cards() -> None:
    first, second = card("a"), card("b").replace(b"\r\n", b"\n")
    assert list(split_cards(first + second)) == [first, second]
    assert list(split_cards(first + b"rubbish")) == [first, b"rubbish"]
    assert list(split_cards(b"  \r\n")) == []


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\nb", "a" * 201, "é\u0301"[1:] and "e\u0301"])
def test_names_that_a_url_cannot_hold_are_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        resource_name_given(name)


SOUGHT = read_card(
    card("Économie numérique", "u1", "EMAIL;TYPE=work,pref:a@finances.gouv.tg", "item1.TEL;TYPE=CELL:+228 90")
)


@pytest.mark.parametrize(
    ("wanted", "holds"),
    [
        (PropertyFilter("FN", texts=(TextMatch("économie"),)), True),
        (PropertyFilter("FN", texts=(TextMatch("ÉCONOMIE", Match.STARTS),)), True),
        (PropertyFilter("FN", texts=(TextMatch("économie", Match.STARTS, Collation.ASCII),)), False),
        (PropertyFilter("FN", texts=(TextMatch("NUMÉRIQUE", Match.ENDS, Collation.OCTET),)), False),
        (PropertyFilter("FN", texts=(TextMatch("économie numérique", Match.EQUALS),)), True),
        (PropertyFilter("FN", texts=(TextMatch("santé", negated=True),)), True),
        (PropertyFilter("NICKNAME"), False),
        (PropertyFilter("NICKNAME", absent=True), True),
        (PropertyFilter("EMAIL", parameters=(ParameterFilter("TYPE", text=TextMatch("work", Match.EQUALS)),)), True),
        (PropertyFilter("EMAIL", parameters=(ParameterFilter("LANGUAGE", absent=True),)), True),
        (PropertyFilter("EMAIL", parameters=(ParameterFilter("TYPE", absent=True),)), False),
        (PropertyFilter("item1.TEL"), True),
        (PropertyFilter("item2.TEL"), False),
        (PropertyFilter("EMAIL", all_of=True, texts=(TextMatch("finances"), TextMatch("sante"))), False),
        (PropertyFilter("EMAIL", texts=(TextMatch("finances"), TextMatch("sante"))), True),
    ],
)
def test_filters_say_what_the_rfc_says(wanted: PropertyFilter, holds: bool) -> None:
    assert CardFilter((wanted,)).holds(SOUGHT) is holds
    never = PropertyFilter("NICKNAME")
    assert CardFilter((wanted, never), all_of=True).holds(SOUGHT) is False
    assert CardFilter((wanted, never)).holds(SOUGHT) is holds
