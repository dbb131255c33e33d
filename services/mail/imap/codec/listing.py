"""LIST, LSUB and STATUS (RFC 3501 §6.3, RFC 5258, RFC 5819): what is asked of mailboxes that are not selected."""

from services.mail.imap.codec import commands as verbs
from services.mail.imap.codec.cursor import Cursor
from services.mail.imap.codec.errors import BadSyntax

MOST_PATTERNS = 20
STATUS_ITEMS = frozenset(
    (
        "MESSAGES",
        "RECENT",
        "UIDNEXT",
        "UIDVALIDITY",
        "UNSEEN",
        "HIGHESTMODSEQ",
        "SIZE",
        "MAILBOXID",
        "DELETED",
        "DELETED-STORAGE",
        "APPENDLIMIT",
    )
)  # fmt: skip
SELECT_OPTIONS = frozenset(("SUBSCRIBED", "SPECIAL-USE", "REMOTE", "RECURSIVEMATCH"))
RETURN_OPTIONS = frozenset(("SUBSCRIBED", "SPECIAL-USE", "CHILDREN"))


def options(cursor: Cursor, allowed: frozenset[str]) -> frozenset[str]:
    """A list in parentheses, possibly empty."""
    cursor.expect(b"(")
    found: set[str] = set()
    while not cursor.skip(b")"):
        if found:
            cursor.space()
        name = cursor.word("an option")
        if name not in allowed:
            raise BadSyntax("Unknown option")
        found.add(name)
    return frozenset(found)


def _list_returns(cursor: Cursor) -> tuple[frozenset[str], tuple[str, ...]]:
    """The options of RETURN, and the items of the one that is STATUS."""
    cursor.expect(b"(")
    found: set[str] = set()
    status: tuple[str, ...] = ()
    while not cursor.skip(b")"):
        if found or status:
            cursor.space()
        name = cursor.word("an option")
        if name == "STATUS" and not status:
            cursor.space()
            status = _status_items(cursor)
        elif name in RETURN_OPTIONS:
            found.add(name)
        else:
            raise BadSyntax("Unknown option")
    return frozenset(found), status


def list_(tag: str, cursor: Cursor) -> verbs.Command:
    cursor.space()
    select: frozenset[str] = frozenset()
    if cursor.peek() == b"(":
        select = options(cursor, SELECT_OPTIONS)
        if "RECURSIVEMATCH" in select and not select & {"SUBSCRIBED", "SPECIAL-USE"}:
            raise BadSyntax("RECURSIVEMATCH alone matches nothing")
        cursor.space()
    reference = cursor.mailbox()
    cursor.space()
    patterns: list[str] = []
    if cursor.skip(b"("):
        patterns.append(cursor.list_mailbox())
        while not cursor.skip(b")"):
            cursor.space()
            patterns.append(cursor.list_mailbox())
            if len(patterns) > MOST_PATTERNS:
                raise BadSyntax("Too many patterns")
    else:
        patterns.append(cursor.list_mailbox())
    give: frozenset[str] = frozenset()
    status: tuple[str, ...] = ()
    if cursor.skip(b" "):
        if cursor.word("RETURN") != "RETURN":
            raise BadSyntax("Expected RETURN")
        cursor.space()
        give, status = _list_returns(cursor)
    return verbs.List(tag, reference, tuple(patterns), select, give, status)


def lsub(tag: str, cursor: Cursor) -> verbs.Command:
    cursor.space()
    reference = cursor.mailbox()
    cursor.space()
    return verbs.Lsub(tag, reference, cursor.list_mailbox())


def status(tag: str, cursor: Cursor) -> verbs.Command:
    cursor.space()
    mailbox = cursor.mailbox()
    cursor.space()
    return verbs.Status(tag, mailbox, _status_items(cursor))


def _status_items(cursor: Cursor) -> tuple[str, ...]:
    cursor.expect(b"(")
    items = [cursor.word("an item")]
    while not cursor.skip(b")"):
        cursor.space()
        items.append(cursor.word("an item"))
    if not STATUS_ITEMS.issuperset(items):
        raise BadSyntax("Unknown item")
    return tuple(dict.fromkeys(items))
