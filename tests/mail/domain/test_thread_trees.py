"""Messages as trees of what answers what (RFC 5256 §3)."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mail.domain.message import Message
from services.mail.domain.thread_trees import Algorithm, threaded, written
from services.mail.domain.threads import known_as

BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)


def message(
    uid: int, own: str = "", above: Sequence[str] = (), subject: str = "", minute: int | None = None
) -> Message:
    when = BEGAN + timedelta(minutes=uid if minute is None else minute)
    return Message(
        id=str(uid), owner="", mailbox_id="", uid=uid, modseq=1, flags=(), internal_date=when, size=1, subject=subject,
        sender="", from_=[], to=[], cc=[], bcc=[], date=when, rfc_message_id=f"<{own}>" if own else "", preview="",
        thread_id="", email_id="", saved_at=None, references=tuple(map(known_as, above)),
    )  # fmt: skip


def told(messages: Sequence[Message], algorithm: Algorithm = Algorithm.REFERENCES) -> str:
    return written(threaded(messages, algorithm), lambda each: each.uid).decode()


def test_answers_stand_below_what_they_answer() -> None:
    found = [
        message(2, "b"),
        message(3, "c"),
        message(4, "d", ["c", "f"]),
        message(6, "f", ["c"]),
        message(7, "g", ["c", "f", "k"]),
        message(23, "w", ["c", "f", "d"]),
        message(44, "k", ["c", "f"]),
        message(96, "z", ["k", "g"]),
    ]
    assert told(found) == "(2)(3 6 (4 23)(44 7 96))"
    assert told([]) == ""


def test_answers_to_what_is_not_there_are_siblings() -> None:
    assert told([message(1, "a", ["x"]), message(2, "b", ["x"]), message(3, "c")]) == "((1)(2))(3)"
    assert told([message(1, "a", ["x", "y"]), message(2, "b", ["x", "z"])]) == "((1)(2))"
    # One alone stands for the one above it.
    assert told([message(1, "a", ["x", "y"]), message(2, "b", ["a"])]) == "(1 2)"
    # Those not there between two that are leave no trace.
    assert told([message(1, "a"), message(2, "b", ["a", "x", "y"]), message(3, "c", ["a", "x", "z"])]) == "(1 (2)(3))"


def test_what_a_message_says_of_itself_counts_more() -> None:
    assert told([message(1, "a", ["x", "c"]), message(2, "b"), message(3, "c", ["b"])]) == "(2 3 1)"
    assert told([message(1, "a", ["c", "b"]), message(2, "b")]) == "(2 1)"


@pytest.mark.parametrize(
    "found",
    [
        [message(1, "a", ["a"])],
        [message(1, "a", ["b"]), message(2, "b", ["a"])],
        [message(1, "a", ["b", "c"]), message(2, "b", ["c", "a"]), message(3, "c", ["a", "b"])],
        [message(1, "a"), message(2, "a", ["a"]), message(3, "a")],
    ],
)
def test_loops_and_doubles_lose_nobody(found: list[Message]) -> None:
    told_of = told(found).replace("(", " ").replace(")", " ").split()
    assert sorted(map(int, told_of)) == [each.uid for each in found]


def test_roots_of_one_subject_are_put_together() -> None:
    assert told([message(1, "a", subject="Budget"), message(2, "b", subject="Re: budget")]) == "(1 2)"
    assert told([message(1, "a", subject="Re: Budget"), message(2, "b", subject="budget")]) == "(2 1)"
    assert told([message(1, "a", subject="Budget"), message(2, "b", subject="Budget")]) == "((1)(2))"
    assert told([message(1, "a"), message(2, "b")]) == "(1)(2)"
    siblings = [message(1, "a", ["x"], "Re: B"), message(2, "b", ["x"], "Re: B"), message(3, "c", subject="B")]
    assert told(siblings) == "((1)(2)(3))"
    other = [message(4, "d", ["y"], "Re: B"), message(5, "e", ["y"], "Re: B")]
    assert told([*siblings, *other]) == "((1)(2)(3)(4)(5))"


def test_siblings_stand_as_they_were_sent() -> None:
    found = [message(1, "a", minute=50), message(2, "b", ["a"], minute=40), message(3, "c", ["a"], minute=30)]
    assert told([*found, message(4, "d", minute=1)]) == "(4)(1 (3)(2))"


def test_by_subject_the_first_has_all_others() -> None:
    found = [
        message(1, subject="B"),
        message(2, subject="A"),
        message(3, subject="re: b"),
        message(4, subject="B (fwd)"),
    ]
    assert told(found, Algorithm.ORDEREDSUBJECT) == "(1 (3)(4))(2)"
    assert told(found[:3], Algorithm.ORDEREDSUBJECT) == "(1 3)(2)"


IDS = st.sampled_from(["", *"abcdefgh"])


@given(
    st.lists(st.tuples(IDS, st.lists(st.sampled_from("abcdefghxyz"), max_size=5), st.sampled_from(["", "s", "Re: s"])))
)
def test_every_message_stands_once(drawn: list[tuple[str, list[str], str]]) -> None:
    found = [message(uid, own, above, subject) for uid, (own, above, subject) in enumerate(drawn, 1)]
    for algorithm in Algorithm:
        tokens = told(found, algorithm).replace("(", " ").replace(")", " ").split()
        assert sorted(map(int, tokens)) == list(range(1, len(found) + 1))


def test_hostile_references_take_linear_time_and_no_recursion() -> None:
    count = 20_000
    chain = [message(uid, f"m{uid}", [f"m{uid - 1}"]) for uid in range(1, count)]
    back = [message(uid, f"m{uid}", [f"m{uid + 1}"]) for uid in range(1, count)]
    ring = [message(uid, f"m{uid}", [f"m{uid % 100}", f"m{(uid * 7) % count}"]) for uid in range(1, count)]
    absent = [message(uid, f"m{uid}", [f"x{uid - step}" for step in range(20, 0, -1)]) for uid in range(1, 5_000)]
    started = time.perf_counter()
    for found in (chain, back, ring, absent):
        assert told(found).count("(") >= 1
    assert time.perf_counter() - started < 30
