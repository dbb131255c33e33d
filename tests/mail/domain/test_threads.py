"""By what a message finds its conversation."""

import time

from hypothesis import given
from hypothesis import strategies as st

from services.mail.domain.mime.references import MOST_REFERENCES, references_of
from services.mail.domain.threads import MOST_RELATIVES, kinship, known_as, subject_of


def test_ancestors_are_of_references_or_else_the_first_of_in_reply_to() -> None:
    assert references_of("<a@x> <b@x>\t<a@x>", "<c@x>") == ["a@x", "b@x"]
    assert references_of("sans rien", "Votre lettre <c@x> <d@x>") == ["c@x"]
    assert references_of('<"un"@x>', "") == ["un@x"]
    assert references_of("", "") == []
    many = [f"{number}@x" for number in range(1000)]
    kept = references_of(" ".join(f"<{each}>" for each in many), "")
    assert kept == [many[0], *many[-MOST_REFERENCES + 1 :]]


def test_what_programs_put_before_a_subject_says_nothing() -> None:
    for subject in (
        "Budget 2026",
        "Re: Budget 2026",
        "RE : TR: budget  2026",
        "TR : Re: Budget 2026 (fwd)",
        "Rép: budget 2026",
    ):
        assert subject_of(subject) == "budget 2026", subject
    assert subject_of("Trésor: budget") == "trésor: budget"
    assert subject_of("") == ""


def test_an_answer_begins_the_conversation_of_what_it_answers() -> None:
    first = kinship("<a@x>", [], "Budget")
    answer = kinship("<b@x>", ["a@x"], "Re: Budget")
    later = kinship("<c@x>", ["a@x", "b@x"], "TR: Budget")
    assert first.begun == answer.begun == later.begun
    assert first.relatives == (known_as("a@x", "budget"),)
    # The nearest first, itself last.
    assert later.relatives == tuple(known_as(each, "budget") for each in ("b@x", "a@x", "c@x"))
    assert kinship("<b@x>", ["a@x"], "Autre chose").begun != first.begun
    assert kinship("", [], "Budget").begun == ""
    assert kinship("pas d'identifiant", [], "Budget").relatives == ()


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=200), st.text(max_size=100))
def test_any_fields_have_bounded_kin(own: str, references: str, answered: str, subject: str) -> None:
    kin = kinship(own, references_of(references, answered), subject)
    assert len(kin.relatives) <= MOST_RELATIVES
    assert all(-(2**63) <= each < 2**63 for each in (*kin.relatives, *kin.references))


def test_hostile_fields_take_linear_time() -> None:
    started = time.perf_counter()
    for field in ("<" * 300_000, "<a" * 150_000, "<a@x> " * 50_000, "TR: " * 100_000, "\\" * 300_000):
        kinship(field, references_of(field, field), field)
    assert time.perf_counter() - started < 5
