"""Who is meant by what somebody types: whole words, beginnings, near misses; the nearest first, then by name."""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from services.directory.domain.book.book import Book
from services.directory.domain.book.entry import Entry
from services.directory.domain.book.folding import asked_words
from services.directory.domain.book.postings import numbers_in
from services.directory.domain.book.vocabulary import edits_allowed

MOST_WORDS = 8


@dataclass(frozen=True)
class Found:
    """A page of people, and how many match without counting near misses that were not needed."""

    entries: list[Entry]
    total: int
    more: bool


def search(book: Book, query: str, near: Sequence[str], within: str = "", skip: int = 0, count: int = 20) -> Found:
    """`count` people after the first `skip`.

    `near` is the path of the asker's unit, `within` a unit outside of which nobody is looked for. Each word of the
    query has to be met by a word of the person: name, post, units, addresses, telephones.
    """
    among = book.members(within) if within else book.everybody
    found = search_all([(book, among)], query, near, skip, count)
    return Found([entry for _, entry in found.entries], found.total, found.more)


@dataclass(frozen=True)
class FoundAmong:
    """The same among several books: each entry with the place of its book."""

    entries: list[tuple[int, Entry]]
    total: int
    more: bool


def search_all(
    books: Sequence[tuple[Book, int]], query: str, near: Sequence[str], skip: int = 0, count: int = 20
) -> FoundAmong:
    """The same among several books, of each the numbers given: of what is equally close, the first book's come first.

    The books have the same units.
    """
    words = asked_words(query)[:MOST_WORDS]
    found: list[tuple[int, int]] = []
    seen = [0] * len(books)
    for groups in zip(*(_groups(book, words, among) for book, among in books), strict=True):
        fresh = [group & ~known for group, known in zip(groups, seen, strict=True)]
        seen = [group | known for group, known in zip(groups, seen, strict=True)]
        tiers = [_by_nearness(book, some, near) for (book, _), some in zip(books, fresh, strict=True)]
        for tier in zip(*tiers, strict=True):
            for place, some in enumerate(tier):
                wanted = skip + count + 1 - len(found)
                found.extend((place, number) for number in islice(_by_name(books[place][0], some, wanted), wanted))
        if len(found) > skip + count:
            break
    page = [(place, books[place][0].entry(number)) for place, number in found[skip : skip + count]]
    return FoundAmong(page, sum(each.bit_count() for each in seen), len(found) > skip + count)


def _groups(book: Book, words: Sequence[str], among: int) -> Iterator[int]:
    """Who matches: by whole words, by beginnings too, by near misses too, which cost most and come last."""
    whole = beginnings = among
    heads: dict[str, int] = {}
    for word in words:
        heads[word] = book.vocabulary.beginning(word)
        if word.isdecimal():
            heads[word] |= book.telephones.beginning(word)
        beginnings &= heads[word]
    for word in words:
        whole &= book.vocabulary.exactly(word)
    yield whole
    yield beginnings
    misses = among
    # What has to be met as it is first: often nobody is left for whom a near miss had to be looked up.
    for word in sorted(words, key=edits_allowed):
        if misses:
            misses &= heads[word] | (book.vocabulary.similar(word) if edits_allowed(word) else 0)
    yield misses


def _by_nearness(book: Book, people: int, near: Sequence[str]) -> Iterator[int]:
    """Those of the same office, of the directorate, of the ministry, then all others."""
    left = people
    for unit_id in reversed(near):
        here = left & book.members(unit_id) if left else 0
        yield here
        left &= ~here
    yield left


def _by_name(book: Book, people: int, wanted: int) -> Iterator[int]:
    """By name: numbers follow the names, but for those who came lately."""
    if not people or not wanted:
        return
    lately = people >> book.ordered
    if not lately:
        yield from numbers_in(people)
        return
    late = heapq.nsmallest(wanted, ((book.key(n + book.ordered), n + book.ordered) for n in numbers_in(lately)))
    early = islice(numbers_in(people & ((1 << book.ordered) - 1)), wanted)
    ordered = ((book.entry(number).sorting_key, number) for number in early)
    for _, number in heapq.merge(ordered, late):
        yield number
