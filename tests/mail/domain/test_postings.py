"""Terms on shelves say what the messages' own terms say."""

import os
import time

from hypothesis import given
from hypothesis import strategies as st

from services.mail.domain.postings import SHELVES, WINDOW, Shelf, by_shelves, shelve, window, window_of
from services.mail.domain.terms import Terms, Words, pack, terms_of, unpack

WORDS = ("budget", "budgetaire", "reunion", "re", "ete", "etat", "2026", "agent1@gouv.tg", "œuvre", "ɖoɖo")
LETTERS = st.tuples(st.lists(st.sampled_from(WORDS), max_size=4), st.lists(st.sampled_from(WORDS), max_size=6))


def kept(letter: tuple[list[str], list[str]]) -> Terms:
    header, texts = letter
    found = unpack(pack(terms_of([("subject", " ".join(header))], (), [" ".join(texts)], attached=bool(texts))))
    assert found is not None
    return found


def looked_up(words: Words, first_uid: int, packed: list[bytes]) -> set[int]:
    found = [Shelf(first_uid, packed[shelf]).having(parts[words]) for shelf, parts in by_shelves([words]).items()]
    return set.intersection(*found) if found else set()


@given(
    st.dictionaries(st.integers(257, 512), LETTERS, max_size=12),
    st.lists(st.sampled_from(("budget", "reunion", "::attached", ":subject", "nothing", "oeuvre")), max_size=2),
    st.sampled_from(("", "re", "bud", "20", "agent1@", "zz", "ɖo")),
    st.booleans(),
)
def test_shelves_find_what_the_messages_terms_find(
    letters: dict[int, tuple[list[str], list[str]]], whole: list[str], begun: str, in_texts: bool
) -> None:
    words = Words(frozenset(whole), begun, in_texts)
    terms = {uid: kept(letter) for uid, letter in letters.items()}
    packed = shelve({uid: list(each) for uid, each in terms.items()})
    assert len(packed) == SHELVES
    expected = {uid for uid, each in terms.items() if each.has(words)} if whole or begun else set()
    assert looked_up(words, 257, packed) == expected


def test_a_full_window_of_the_longest_lists_fits_its_documents() -> None:
    """Even where no two words are alike."""
    messages = {uid: [os.urandom(4).hex() for _ in range(3_500)] for uid in range(1, WINDOW + 1)}
    packed = shelve(messages)
    assert max(map(len, packed)) < 1024 * 1024
    for uid in (1, WINDOW):
        words = Words(frozenset(messages[uid][:3]))
        assert uid in looked_up(words, 1, packed)


def test_a_beginning_of_very_many_words_is_looked_for_in_one_pass() -> None:
    messages = {uid: [f"re{uid:03}{number:04}" for number in range(200)] for uid in range(1, WINDOW + 1)}
    packed = shelve(messages)
    began = time.process_time()
    assert looked_up(Words(frozenset(), "re"), 1, packed) == set(messages)
    assert time.process_time() - began < 2


def test_windows_of_uids() -> None:
    assert [window_of(uid) for uid in (1, 256, 257, 512, 513)] == [0, 0, 1, 1, 2]
    assert window(1) == (257, 512)
