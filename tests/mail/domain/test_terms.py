"""The words of a letter as a search knows them."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mail.domain.terms import (
    LONGEST,
    MOST_OCTETS,
    MOST_TERMS,
    Terms,
    Words,
    folded,
    pack,
    terms_in,
    terms_of,
    unpack,
    words_of,
)


def terms(*texts: str, **fields: str) -> Terms:
    named = [(name.replace("_", "-"), value) for name, value in fields.items()]
    kept = unpack(pack(terms_of(named, (), texts, attached=False)))
    assert kept is not None
    return kept


def finds(text: str, kept: Terms, *, in_texts: bool = False) -> bool:
    words = words_of(text, in_texts=in_texts)
    assert words is not None
    return kept.has(words)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("L'État d’exécution, qu'il faut", ["etat", "execution", "qu", "il", "faut"]),
        ("Œuvre ÇA où NAÏF", ["oeuvre", "ca", "ou", "naif"]),
        ("e\u0301te\u0301", ["ete"]),
        ("Ɖoɖo ɛ̃ Kabɩyɛ", ["ɖoɖo", "kabɩyɛ"]),
        ("AB-17 n° 2026/045", ["ab", "17", "2026", "045"]),
        ("rapport_budget-2026.pdf", ["rapport", "budget", "2026", "pdf"]),
        (
            "<Agent1@Numerique.gouv.tg>",
            ["agent1@numerique.gouv.tg", "agent1", "numerique", "gouv", "tg"],
        ),
        ("a b c", []),
        ("x" * 100, ["x" * LONGEST]),
    ],
)
def test_words_of_a_text(text: str, expected: list[str]) -> None:
    assert [term for term in terms_in(text) if len(term) > 1] == expected


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("executer", False),
        ("EXÉCUTION", True),
        ("execution du budget", True),
        ("budget execution", True),
        ("budg", True),
        ("udget", False),
        ("budg execution", False),
        ("budget.", True),
        ("budg.", False),
        ("agent1@numerique.gouv.tg", True),
        ("agent1@numerique.gouv", True),
        ("agent2@numerique.gouv.tg", False),
        ("@numerique.gouv.tg", True),
        ("réunion", True),
    ],
)
def test_a_text_is_found_by_its_words_and_the_beginning_of_the_last(asked: str, found: bool) -> None:
    kept = terms("L'exécution du budget, par agent1@numerique.gouv.tg", subject="Réunion")
    assert finds(asked, kept) is found


def test_what_the_header_has_is_not_in_the_texts() -> None:
    kept = terms("budget", subject="Réunion budgétaire", x_dossier="AB-17", received="from secret.example")
    assert finds("reunion", kept)
    assert not finds("reunion", kept, in_texts=True)
    assert not finds("reun", kept, in_texts=True)
    assert finds("budg", kept, in_texts=True)
    assert finds("ab-17", kept)
    assert not finds("secret", kept)
    assert not finds("subject", kept)


@pytest.mark.parametrize("asked", ["", " ", "a", "€ !", "\u0301", "'"])
def test_a_text_without_words(asked: str) -> None:
    assert words_of(asked) is None


TEXTS = st.text(max_size=300) | st.text("éàùçœ'’ abc0@.-_\u0301\u202e\n|:", max_size=300)


@given(TEXTS)
def test_every_word_of_a_text_finds_it_whatever_its_accents_and_case(text: str) -> None:
    kept = terms(text)
    for word in text.split()[:20]:
        for asked in (word, word.upper(), word.lower(), unicodedata.normalize("NFD", word)):
            if (words := words_of(asked)) is not None and folded(asked) == folded(word):
                assert kept.has(words), asked
    for term in terms_in(text):
        assert kept.has(Words(frozenset((term,))))
        assert kept.has(Words(frozenset(), term[:2]))


@given(st.lists(TEXTS, max_size=4))
def test_terms_are_bounded_and_come_back_as_they_were_kept(texts: list[str]) -> None:
    found = terms_of([("subject", texts[0] if texts else "")], texts[1:2], texts[2:], attached=True)
    kept = unpack(pack(found))
    assert kept is not None
    assert set(kept) == {term.encode("utf-8", "replace").decode() for term in found}
    assert all("\n" not in term and len(term) <= LONGEST + 1 for term in found)


@pytest.mark.parametrize(
    "text",
    [
        "x" * 2**19,
        "\u0301\u0316" * 2**18,
        "é" * 2**18,
        "\u202eمرحبا بالعالم " * 2**14,
        " ".join(map(str, range(1_000_000))),
        "a@" * 2**18,
        "a." * 2**18 + "@" + "a." * 2**18,
        "\ufdfa" * 2**17,
        " ".join("w" * 60 + str(number) for number in range(10_000)),
    ],
    ids=[
        "no spaces",
        "accents alone",
        "wide",
        "right to left",
        "a million words",
        "signs",
        "dots",
        "unfolding",
        "long",
    ],
)
def test_hostile_texts_take_their_time_and_room_at_most(text: str) -> None:
    began = time.process_time()
    found = terms_of([("subject", "Réunion")], (), [text], attached=False)
    assert time.process_time() - began < 5
    assert "reunion|" in found
    assert len(found) <= MOST_TERMS + 1
    assert sum(len(term.encode()) for term in found) <= MOST_OCTETS + 100


def test_very_many_recipients_leave_room_for_subject_sender_and_texts() -> None:
    people = ", ".join(f"Nom{number} <nom{number}@ministere{number % 20}.gouv.tg>" for number in range(2_000))
    fields = [("to", people), ("from", "Direction <d@finances.gouv.tg>"), ("subject", "Budget")]
    found = terms_of(fields, (), ["Un texte"], attached=False)
    assert {"budget|", "direction|", "un", "texte", "nom1@ministere1.gouv.tg|", "::words"} <= found
    assert "::words" not in terms_of(fields[1:], (), ["Un texte"], attached=False)


def test_of_very_many_fields_any_may_be_there() -> None:
    found = terms_of([(f"x-{number}", "a") for number in range(1000)], (), (), attached=False)
    assert "::fields" in found
    assert ":x-1" not in found
