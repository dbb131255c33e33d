"""SEARCH (RFC 3501 §6.4.4, RFC 4731), SORT and THREAD (RFC 5256)."""

from collections.abc import Callable

from services.mail.domain.order import By, Criterion
from services.mail.domain.thread_trees import Algorithm
from services.mail.imap.codec import commands as verbs
from services.mail.imap.codec.cursor import Cursor
from services.mail.imap.codec.errors import BadSyntax
from services.mail.imap.codec.listing import options
from services.mail.imap.codec.search_keys import SearchReader

SEARCH_OPTIONS = frozenset(("MIN", "MAX", "ALL", "COUNT", "SAVE"))
_BY = {by.value: by for by in By}
_ALGORITHMS = {algorithm.value: algorithm for algorithm in Algorithm}
MOST_CRITERIA = 20

Reader = Callable[[str, Cursor], verbs.Command]


def search(uid: bool) -> Reader:
    def read(tag: str, cursor: Cursor) -> verbs.Command:
        cursor.space()
        charset, give = "UTF-8", None
        if cursor.octets[cursor.at : cursor.at + 8].upper() == b"RETURN (":
            cursor.at += 7
            # RFC 4731 §3.1: nothing named is everything.
            give = options(cursor, SEARCH_OPTIONS) or frozenset({"ALL"})
            cursor.space()
        if cursor.octets[cursor.at : cursor.at + 8].upper() == b"CHARSET ":
            cursor.at += 8
            charset = cursor.astring().decode("ascii", "replace")
            cursor.space()
        return verbs.Search(tag, SearchReader(cursor, charset).keys(), uid, give)

    return read


def sort(uid: bool) -> Reader:
    def read(tag: str, cursor: Cursor) -> verbs.Command:
        cursor.expect(b" (")
        order = [_criterion(cursor)]
        while not cursor.skip(b")"):
            cursor.space()
            order.append(_criterion(cursor))
            if len(order) > MOST_CRITERIA:
                raise BadSyntax("Too many criteria")
        cursor.space()
        charset = cursor.astring().decode("ascii", "replace")
        cursor.space()
        return verbs.Sort(tag, tuple(order), SearchReader(cursor, charset).keys(), uid)

    return read


def thread(uid: bool) -> Reader:
    def read(tag: str, cursor: Cursor) -> verbs.Command:
        cursor.space()
        algorithm = _ALGORITHMS.get(cursor.word("an algorithm"))
        if algorithm is None:
            raise BadSyntax("Unknown algorithm")
        cursor.space()
        charset = cursor.astring().decode("ascii", "replace")
        cursor.space()
        return verbs.Thread(tag, algorithm, SearchReader(cursor, charset).keys(), uid)

    return read


def _criterion(cursor: Cursor) -> Criterion:
    name = cursor.word("a criterion")
    reverse = name == "REVERSE"
    if reverse:
        cursor.space()
        name = cursor.word("a criterion")
    if name not in _BY:
        raise BadSyntax("Unknown criterion")
    return Criterion(_BY[name], reverse)
