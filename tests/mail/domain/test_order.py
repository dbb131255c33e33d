"""What a conversation is about, whatever was put around its subject."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mail.domain.order import base_subject


@pytest.mark.parametrize(
    "subject",
    [
        "Budget 2026", "Re: Budget 2026", "RE: re: Fwd: Budget 2026", "Fw : Budget 2026", "[DGB] Budget 2026",
        "Re: [DGB] Re[2]: Budget 2026", "Budget 2026 (fwd)", "Budget\t  2026  (FWD) (fwd) ", "[Fwd: Re: Budget 2026]",
        "[fwd: [DGB] Budget 2026 (fwd)]", "re [x]: [y] [z] Budget 2026",
    ],
)  # fmt: skip
def test_what_answers_and_forwards_add_is_taken_off(subject: str) -> None:
    assert base_subject(subject) == "Budget 2026"


@pytest.mark.parametrize(
    ("subject", "base"), [("", ""), ("Re:", ""), ("[DGB]", "[DGB]"), ("Remarque", "Remarque"), ("Réf: x", "Réf: x")]
)
def test_what_is_no_such_thing_stays(subject: str, base: str) -> None:
    assert base_subject(subject) == base


@given(st.lists(st.sampled_from(["re", "fwd", ":", "[", "]", "(fwd)", " ", "a", "[fwd:"]), max_size=40))
def test_a_base_has_no_other_base(parts: list[str]) -> None:
    base = base_subject("".join(parts))
    assert base_subject(base) == base


def test_a_subject_without_end_takes_no_time_without_end() -> None:
    began = time.process_time()
    for hostile in (
        "re:" * 100_000,
        "[" * 300_000,
        "[a]" * 100_000,
        " (fwd)" * 50_000,
        "[fwd:" * 60_000 + "]" * 60_000,
    ):
        base_subject(hostile)
    assert time.process_time() - began < 5
