"""The national address book as an index in memory: who is listed, found as one types.

A person is a number; a set of people is an integer with the bits of their numbers set. So "and", "or" and "without"
over 70,000 people cost a microsecond, and numbers follow the names' order, so that the lowest bits come first.
"""

from services.directory.domain.book.book import Book, BookUnit
from services.directory.domain.book.collectives import Collective, Collectives
from services.directory.domain.book.entry import Entry
from services.directory.domain.book.search import Found, FoundAmong, search, search_all

__all__ = ["Book", "BookUnit", "Collective", "Collectives", "Entry", "Found", "FoundAmong", "search", "search_all"]
