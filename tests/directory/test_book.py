"""The index of the address book: what is found, in which order, and that what is put and dropped counts at once."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from services.directory.domain.book import Book, BookUnit, Entry, search
from services.directory.domain.book.entry import unpacked
from services.directory.domain.book.folding import asked_words, folded
from services.directory.domain.book.postings import Posting, bits_of, numbers_in, union
from services.directory.domain.book.spellings import Spellings
from services.directory.domain.book.vocabulary import edits_allowed

ECO, TRE, COU, SAN = (f"01J000000000000000000000{name}" for name in ("EC", "TR", "CR", "SA"))
ECONOMY = BookUnit(ECO, "Ministère de l'Économie", "ministry", (ECO,))
TREASURY = BookUnit(TRE, "Direction du Trésor", "directorate", (ECO, TRE))
COURIER = BookUnit(COU, "Bureau du courrier", "office", (ECO, TRE, COU))
HEALTH = BookUnit(SAN, "Ministère de la Santé", "ministry", (SAN,))
UNITS = [ECONOMY, TREASURY, COURIER, HEALTH]


def person(
    name: str, unit: BookUnit = HEALTH, *, own: str = "", title: str = "", phone: str = "", address: str = ""
) -> Entry:
    own = own or folded(name).replace(" ", "-")
    return Entry(
        own, address or f"{own}@gouv.tg", (), (), name, "", "", title, "", "",
        phone, "", "", "", unit.path, "", "20260101000000Z", "",
    )  # fmt: skip


def book(*entries: Entry) -> Book:
    return Book(UNITS, [entry.packed() for entry in entries])


def names(found: Book, query: str, near: BookUnit = HEALTH, within: str = "") -> list[str]:
    return [entry.display_name for entry in search(found, query, near.path, within).entries]


def test_people_are_found_by_name_post_unit_address_and_telephone_in_any_case_and_accents() -> None:
    agent = person("Abla Kpɔmégbé", COURIER, title="Directrice du Budget", phone="+228 22 21 35 01")
    found = book(agent, person("Quelqu'un d'autre"))
    for query in (
        "abla", "ABLA", "kpomegbe", "kpome ab", "directrice", "budget abla", "tresor", "economie", "courrier abla",
        "abla-kpo", "abla-kpomegbe@gouv.tg", "22213501", "+228 22 21 35 01", "00228 2221", "2221",
    ):  # fmt: skip
        assert names(found, query)[:1] == ["Abla Kpɔmégbé"], query
    assert names(found, "sante abla") == []
    assert names(found, "3501") == []


def test_a_letter_wrong_missing_added_or_swapped_still_finds() -> None:
    found = book(person("Koffi Amegnran"), person("Yao Dogbe"))
    for query in ("kofi", "koffii", "kofif", "kogfi", "amegnarn", "amagnron", "amegnran", "amegrn", "dogeb", "dpgbe"):
        assert len(names(found, query)) == 1, query
    for query in ("kff", "yoa", "amxxxran", "dxxbe"):
        assert names(found, query) == [], query


def test_whole_words_come_before_beginnings_before_near_misses() -> None:
    found = book(person("Anne Kofi"), person("Béa Kofibe"), person("Carl Koff"))
    assert names(found, "kofi") == ["Anne Kofi", "Béa Kofibe", "Carl Koff"]


def test_the_nearest_come_first_and_then_by_name() -> None:
    found = book(
        person("Afi Un", HEALTH), person("Zoé Un", COURIER), person("Yao Un", TREASURY), person("Xavier Un", ECONOMY),
        person("Élie Un", HEALTH, own="elie"),
    )  # fmt: skip
    assert names(found, "un", COURIER) == ["Zoé Un", "Yao Un", "Xavier Un", "Afi Un", "Élie Un"]
    assert names(found, "un", HEALTH) == ["Afi Un", "Élie Un", "Xavier Un", "Yao Un", "Zoé Un"]
    assert names(found, "", TREASURY)[:2] == ["Yao Un", "Zoé Un"]
    assert names(found, "un", HEALTH, within=TRE) == ["Yao Un", "Zoé Un"]
    assert names(found, "un", HEALTH, within="no such unit") == []


def test_a_renamed_unit_is_found_by_its_new_name_alone_and_a_hidden_one_hides_its_people() -> None:
    found = book(person("Yao Un", COURIER))
    for entry in found.put_unit(BookUnit(TRE, "Direction des Douanes", "directorate", (ECO, TRE))):
        found.put(entry)
    assert names(found, "douanes") == ["Yao Un"]
    assert names(found, "tresor") == []
    hidden = BookUnit(TRE, "Direction des Douanes", "directorate", (ECO, TRE), hidden=True)
    for entry in found.put_unit(hidden):
        found.put(entry)
    assert names(found, "yao") == []
    assert len(found) == 0


@dataclass
class Step:
    """Put the person of a number under a name, or drop it where there is none."""

    who: int
    name: str


STEPS = st.lists(st.builds(Step, st.integers(0, 12), st.text(alphabet="abé ", max_size=6).map(str.strip)), max_size=40)
QUERY = st.text(alphabet="abé ", max_size=5)


@given(before=STEPS, after=STEPS, query=QUERY)
def test_a_book_that_was_kept_answers_as_one_built_anew(before: list[Step], after: list[Step], query: str) -> None:
    def entry(step: Step) -> Entry:
        return person(step.name, UNITS[step.who % 4], own=f"id{step.who:02}")

    known = {step.who: step for step in before}
    kept = book(*(entry(step) for step in known.values() if step.name))
    for step in after:
        if step.name:
            kept.put(entry(step))
        else:
            kept.drop(f"id{step.who:02}")
        known[step.who] = step
    anew = book(*(entry(step) for step in known.values() if step.name))
    ours, theirs = (search(each, query, COURIER.path, count=50) for each in (kept, anew))
    assert ours.total == theirs.total
    assert [each.display_name for each in ours.entries] == [each.display_name for each in theirs.entries]
    assert sorted(each.id for each in ours.entries) == sorted(each.id for each in theirs.entries)


@given(
    st.lists(st.text(alphabet="abcé", min_size=1, max_size=12), max_size=30, unique=True),
    st.text(alphabet="abcé", min_size=4, max_size=11),
)
def test_near_misses_are_those_that_comparing_every_word_would_find(words: list[str], asked: str) -> None:
    edits, spellings = edits_allowed(asked), Spellings()
    for word in words:
        spellings.add(word)
    near = {word for word in words if OSA.distance(asked, word) <= edits}
    for word in words:
        longer = word[0] == asked[0] and len(word) > len(asked) + edits
        if longer and any(OSA.distance(asked, word[: len(asked) + more]) <= edits for more in (-1, 0, 1)):
            near.add(word)
    assert spellings.near(asked, edits) == near


@given(query=QUERY, count=st.integers(1, 4))
def test_pages_follow_each_other_without_gap_or_repetition(query: str, count: int) -> None:
    found = book(
        *(person(f"{name} {number}", own=f"{name}{number}") for number in range(3) for name in ("ab", "aé", "b"))
    )
    whole = [entry.id for entry in search(found, query, HEALTH.path, count=50).entries]
    paged: list[str] = []
    while True:
        page = search(found, query, HEALTH.path, skip=len(paged), count=count)
        paged += [entry.id for entry in page.entries]
        if not page.more:
            break
    assert paged == whole


@given(st.lists(st.sets(st.integers(0, 5000)), max_size=5))
def test_sets_of_numbers_are_what_was_put_into_them(sets: list[set[int]]) -> None:
    postings = []
    for numbers in [*sets, set(range(0, 4000, 3))]:
        posting = Posting()
        for number in numbers:
            posting.add(number)
        assert list(numbers_in(posting.bits())) == sorted(numbers)
        assert list(numbers_in(bits_of(numbers))) == sorted(numbers)
        postings.append(posting)
    assert set(numbers_in(union([7, *postings]))) == {7}.union(range(0, 4000, 3), *sets)


@given(st.text())
def test_any_text_is_a_query_and_any_entry_is_unpacked_as_it_was(text: str) -> None:
    names(book(person("Koffi")), text)
    assert all(word == folded(word) for word in asked_words(text))
    tidy = "".join(c for c in text if c.isprintable())
    entry = person(tidy, own="x")._replace(aliases=("a@b.tg", "c@d.tg"))
    assert unpacked(entry.packed()) == entry
