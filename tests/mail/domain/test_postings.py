"""Terms on shelves say what the messages' own terms say."""

import os

from hypothesis import given
from hypothesis import strategies as st

from services.mail.domain.postings import SHELVES, WINDOW, Shelf, found_in, shelve, shelves_for, window, window_of
from services.mail.domain.terms import Terms, Words, pack, terms_of, unpack

WORDS = ("budget", "budgetaire", "reunion", "re", "ete", "etat", "2026", "agent1@gouv.tg", "œuvre", "ɖoɖo")
LETTERS = st.tuples(st.lists(st.sampled_from(WORDS), max_size=4), st.lists(st.sampled_from(WORDS), max_size=6))


def kept(letter: tuple[list[str], list[str]]) -> Terms:
    header, texts = letter
    found = unpack(pack(terms_of([("subject", " ".join(header))], (), [" ".join(texts)], attached=bool(texts))))
    assert found is not None
    return found


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
    shelves = {number: Shelf(257, packed[number]) for number in shelves_for(words)}
    expected = {uid for uid, each in terms.items() if each.has(words)} if whole or begun else set()
    assert found_in(shelves, words) == expected


def test_a_full_window_of_the_longest_lists_fits_its_documents() -> None:
    """Even where no two words are alike."""
    messages = {uid: [os.urandom(4).hex() for _ in range(3_500)] for uid in range(1, WINDOW + 1)}
    packed = shelve(messages)
    assert max(map(len, packed)) < 1024 * 1024
    for uid in (1, WINDOW):
        words = Words(frozenset(messages[uid][:3]))
        assert uid in found_in({number: Shelf(1, packed[number]) for number in shelves_for(words)}, words)


def test_windows_of_uids() -> None:
    assert [window_of(uid) for uid in (1, 256, 257, 512, 513)] == [0, 0, 1, 1, 2]
    assert window(1) == (257, 512)
