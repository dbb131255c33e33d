"""Marks that letters bear, what rules are about, and which rules nobody may give."""

from dataclasses import replace
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from services.mail.domain.leaving import Action, Leaving, Rule, To, about, attachment, checked, marks_of

RULE = Rule("Confidentiel", Action.REFUSE, "Ne sort pas.", marks=("Confidentiel",))
PLAIN = Leaving(frozenset(), frozenset({"example.org", "sante.gouv.tg"}), True, 1000, ())


@pytest.mark.parametrize(
    "header",
    [
        "Subject: [CONFIDENTIEL] Note",
        "Subject: Re: TR: [confidentiel] Note",
        "Subject: [DGTCP] [Confidentiel défense] Note",
        "Subject: CONFIDENTIEL : note",
        "Subject: Note\r\nSubject: [CONFIDENTIEL] Autre",
        "Subject: =?utf-8?Q?=5BCONFIDENTIEL=5D_Note?=",
        "Subject: =?utf-8?B?W0NPTkZJ?=\r\n =?utf-8?B?REVOVElFTF0gTm90ZQ==?=",
        "Subject: =?iso-8859-1?Q?=5BConfid=E9ntiel=5D?= Note",
        "Subject:\r\n [CONFIDENTIEL]\r\n Note",
        "Subject: \uff3b\uff23\uff2f\uff2e\uff26\uff29\uff24\uff25\uff2e\uff34\uff29\uff25\uff2c\uff3d Note",
        "Subject: [CONFI\u200bDENTIEL] Note",
        "Subject: [CONFI\u0301DENTIEL] Note",
        "X-Classification: confidentiel",
        "x-classification:\r\n\t=?utf-8?Q?Confidentiel?=",
        "X-Classification: DIFFUSION RESTREINTE; CONFIDENTIEL.",
        "X-Classification: public\r\nX-Classification: Confidentiel/Personnel",
        "Sensitivity: Confidentiel",
    ],
)
def test_a_mark_is_found_however_it_is_written(header: str) -> None:
    letter = replace(PLAIN, marks=marks_of(f"From: a@gouv.tg\r\n{header}\r\n\r\n".encode()))
    assert about(RULE, letter)


@pytest.mark.parametrize(
    "header",
    [
        "Subject: Note", "Subject: Du confidentiel [CONFIDENTIEL]", "Subject: [NON CONFIDENTIEL] Note",
        "Subject: [] Note",
        "Subject: [CONFIDENTIELLEMENT] Note", "X-Classification:", "Comments: CONFIDENTIEL", "Sensitivity: Personal",
        "X-Classification-Of: CONFIDENTIEL", "Subject: [[[[[[[[CONFI",
    ],
)  # fmt: skip
def test_what_is_no_mark_is_not_taken_for_one(header: str) -> None:
    letter = replace(PLAIN, marks=marks_of(f"{header}\r\n\r\n".encode()))
    assert not about(RULE, letter)


def test_words_of_marks_are_compared_one_by_one() -> None:
    rule = replace(RULE, marks=("Company-Confidential", "Très secret"))
    assert about(rule, replace(PLAIN, marks=marks_of(b"Sensitivity: company confidential\r\n\r\n")))
    assert about(rule, replace(PLAIN, marks=marks_of("Subject: [TRES  SECRET défense] x\r\n\r\n".encode())))
    assert not about(rule, replace(PLAIN, marks=marks_of(b"Subject: [TRES] [SECRET] x\r\n\r\n")))


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"to": To.OUTSIDE}, True),
        ({"to": To.IN_DOMAINS, "domains": ("gouv.tg",)}, True),
        ({"to": To.IN_DOMAINS, "domains": ("ouv.tg", "le.org")}, False),
        ({"to": To.NOT_IN_DOMAINS, "domains": ("gouv.tg",)}, True),
        ({"to": To.NOT_IN_DOMAINS, "domains": ("gouv.tg", "example.org")}, False),
        ({"beyond": 999}, True),
        ({"beyond": 1000}, False),
        ({"types": ("video/*",)}, True),
        ({"types": ("application/pdf",)}, False),
        ({"filenames": ("*.exe",)}, True),
        ({"filenames": ("*.exe",), "types": ("video/*",)}, False),
        ({"filenames": ("rapport*",)}, True),
        ({"filenames": ("*.doc", "RÉUNION.*")}, True),
        ({"to": To.OUTSIDE, "beyond": 10**6}, False),
        ({"filenames": ("*.exe",), "to": To.IN_DOMAINS, "domains": ("example.com",)}, False),
    ],
)
def test_all_that_a_rule_says_must_be_so(changed: dict[str, object], found: bool) -> None:
    attachments = (
        attachment("Video/MP4", "Réunion.mp4"),
        attachment("application/octet-stream", "RAPPORT.EXE. "),
    )
    rule = replace(RULE, marks=(), **changed)  # type: ignore[arg-type]
    assert about(rule, replace(PLAIN, attachments=attachments)) is found


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "a\r\nb"}, "name"),
        ({"text": "Non.\r\nBcc: a@example.org"}, "text"),
        ({"text": "Non.\u2028"}, "text"),
        ({"text": ""}, "text"),
        ({"marks": ()}, "name"),
        ({"marks": ("...",)}, "marks"),
        ({"marks": ("a b c d e f g h i j k",)}, "marks"),
        ({"marks": ("x" * 101,)}, "marks"),
        ({"marks": tuple(map(str, range(101)))}, "marks"),
        ({"domains": ("example.org",)}, "domains"),
        ({"to": To.IN_DOMAINS}, "domains"),
        ({"to": To.IN_DOMAINS, "domains": ("pas un domaine",)}, "domains"),
        ({"beyond": -1}, "beyond_octets"),
        ({"types": ("*",)}, "types"),
        ({"filenames": ("",)}, "filenames"),
    ],
)
def test_no_rule_that_cannot_be_held_to_is_given(changed: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked([RULE, replace(RULE, **{"name": "Autre", **changed})])  # type: ignore[arg-type]
    assert set(refused.value.fields) == {f"rules[1].{field}"}


def test_rules_are_counted_and_named_apart() -> None:
    with pytest.raises(InvalidInput):
        checked([replace(RULE, name=str(number)) for number in range(1000)])
    with pytest.raises(InvalidInput) as refused:
        checked([RULE, RULE])
    assert refused.value.fields == {"rules[1].name": "another rule has it"}
    (rule,) = checked([replace(RULE, to=To.IN_DOMAINS, domains=("Santé.Example.ORG.",), types=("Video/*",))])
    assert (rule.domains, rule.types) == (("xn--sant-epa.example.org",), ("video/*",))


@given(st.binary(max_size=300))
def test_no_header_breaks_the_search_for_marks(octets: bytes) -> None:
    for words in marks_of(b"Subject: " + octets):
        assert words
        assert all(word and word == word.casefold() for word in words)


@given(st.text(st.sampled_from("[]: \tax"), max_size=2000))
def test_hostile_subjects_take_no_time(subject: str) -> None:
    marks_of(f"Subject: {subject}\r\n\r\n".encode())


def test_many_marks_and_rules_take_no_time() -> None:
    header = b"X-Classification: " + b";".join(b"a%d b c d e f g h i j k l" % number for number in range(20_000))
    letter = replace(PLAIN, marks=marks_of(header + b"\r\n\r\n"))
    words = tuple(f"secret {number}" for number in range(100))
    rules = checked([replace(RULE, name=str(number), marks=words) for number in range(100)])
    start = process_time()
    assert not any(about(rule, letter) for rule in rules)
    assert process_time() - start < 1
