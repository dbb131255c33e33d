"""A command's octets, literals inline, to its type."""

import binascii
import re
from collections.abc import Callable

from chassis.errors import InvalidInput
from services.mail.domain.flags import FlagAction
from services.mail.domain.mailbox import SpecialUse
from services.mail.imap.codec import acl, metadata, quota, searching
from services.mail.imap.codec import commands as verbs
from services.mail.imap.codec.cursor import Cursor
from services.mail.imap.codec.errors import BadSyntax
from services.mail.imap.codec.fetch_items import fetch_items
from services.mail.imap.codec.listing import list_, lsub, status
from services.mail.imap.codec.sequences import SequenceSet

_USES = {use.value: use for use in SpecialUse if use is not SpecialUse.INBOX}
_TAG = re.compile(rb"([^\x00-\x20\x7f-\xff(){%*\"\\+]{1,100})(?: |\Z)")

Reader = Callable[[str, Cursor], verbs.Command]


def parse(octets: bytes, *, utf8: bool = False) -> verbs.Command:
    """Read one command, with `utf8` from a client whose mailbox names are UTF-8.

    Raises `BadSyntax`, with the tag where there is one, and nothing else.
    """
    found = _TAG.match(octets)
    if found is None:
        raise BadSyntax("Expected a tag")
    tag = found[1].decode("ascii")
    cursor = Cursor(octets, found.end(), utf8=utf8)
    try:
        verb = cursor.word("a command")
        uid = verb == "UID"
        if uid:
            cursor.space()
            verb = cursor.word("a command")
        read = (_UID_VERBS if uid else _VERBS).get(verb)
        if read is None:
            raise BadSyntax("Unknown command")
        command = read(tag, cursor)
        cursor.end()
    except BadSyntax as error:
        error.tag = tag
        raise
    except (ValueError, InvalidInput) as error:
        raise BadSyntax("Not valid", tag) from error
    return command


def base64(octets: bytes) -> bytes:
    """A SASL response (RFC 4959: "=" is an empty one)."""
    if octets == b"=":
        return b""
    try:
        return binascii.a2b_base64(octets, strict_mode=True)
    except binascii.Error:
        raise BadSyntax("Not base64") from None


def _bare(kind: Callable[[str], verbs.Command]) -> Reader:
    return lambda tag, _: kind(tag)


def _login(tag: str, cursor: Cursor) -> verbs.Command:
    cursor.space()
    user = cursor.astring()
    cursor.space()
    return verbs.Login(tag, user.decode("utf-8"), cursor.astring().decode("utf-8"))


def _authenticate(tag: str, cursor: Cursor) -> verbs.Command:
    cursor.space()
    mechanism = cursor.word("a mechanism")
    if cursor.done:
        return verbs.Authenticate(tag, mechanism)
    cursor.space()
    initial, cursor.at = cursor.octets[cursor.at :], len(cursor.octets)
    return verbs.Authenticate(tag, mechanism, base64(initial))


def _compress(tag: str, cursor: Cursor) -> verbs.Command:
    cursor.space()
    return verbs.Compress(tag, cursor.word("an algorithm"))


def _id(tag: str, cursor: Cursor) -> verbs.Command:
    cursor.space()
    fields: list[tuple[str, str | None]] = []
    if cursor.skip(b"("):
        while not cursor.skip(b")"):
            if fields:
                cursor.space()
            name = cursor.string().decode("utf-8", "replace")
            cursor.space()
            value = cursor.nstring()
            fields.append((name, None if value is None else value.decode("utf-8", "replace")))
            if len(fields) > 30:
                raise BadSyntax("Too many fields")
    elif cursor.word("a list") != "NIL":
        raise BadSyntax("Expected a list")
    return verbs.Id(tag, tuple(fields))


def _enable(tag: str, cursor: Cursor) -> verbs.Command:
    names = []
    while cursor.skip(b" "):
        names.append(cursor.word("a capability"))
    if not names:
        raise BadSyntax("Expected a capability")
    return verbs.Enable(tag, tuple(names[:50]))


def _select(read_only: bool) -> Reader:
    def read(tag: str, cursor: Cursor) -> verbs.Command:
        cursor.space()
        mailbox = cursor.mailbox()
        condstore, resync = False, None
        if cursor.skip(b" ("):
            while True:
                name = cursor.word("a parameter")
                if name == "CONDSTORE":
                    condstore = True
                elif name == "QRESYNC" and resync is None:
                    cursor.space()
                    resync = _resync(cursor)
                else:
                    raise BadSyntax("Unknown parameter")
                if cursor.skip(b")"):
                    break
                cursor.space()
        return verbs.Select(tag, mailbox, read_only, condstore, resync)

    return read


def _resync(cursor: Cursor) -> verbs.Resync:
    """RFC 7162 §3.2.5. Pairs of numbers and UIDs, by which a server without memory guesses, are read and left aside."""
    cursor.expect(b"(")
    uid_validity = cursor.number("a UIDVALIDITY")
    cursor.space()
    modseq = cursor.modseq()
    known = None
    if cursor.skip(b" "):
        if cursor.peek() != b"(":
            known = cursor.sequence()
            if known.saved or known.from_star is not None:
                raise BadSyntax("Known UIDs are named")
        if known is None or cursor.skip(b" "):
            cursor.expect(b"(")
            cursor.sequence()
            cursor.space()
            cursor.sequence()
            cursor.expect(b")")
    cursor.expect(b")")
    return verbs.Resync(uid_validity, modseq, known)


def _create(tag: str, cursor: Cursor) -> verbs.Command:
    cursor.space()
    mailbox = cursor.mailbox()
    use, refused = None, False
    if cursor.skip(b" ("):
        if cursor.word("a parameter") != "USE":
            raise BadSyntax("Unknown parameter")
        cursor.space()
        wanted = [name.lower().lstrip("\\") for name in cursor.flags()]
        cursor.expect(b")")
        use = _USES.get(wanted[0]) if len(wanted) == 1 else None
        refused = bool(wanted) and use is None
    # A trailing separator announces mailboxes below it (RFC 3501 §6.3.3); no name ends with one.
    return verbs.Create(tag, mailbox.removesuffix("/"), use, refused)


def _delete(tag: str, cursor: Cursor) -> verbs.Command:
    cursor.space()
    return verbs.Delete(tag, cursor.mailbox())


def _rename(tag: str, cursor: Cursor) -> verbs.Command:
    cursor.space()
    mailbox = cursor.mailbox()
    cursor.space()
    return verbs.Rename(tag, mailbox, cursor.mailbox())


def _subscribe(subscribed: bool) -> Reader:
    def read(tag: str, cursor: Cursor) -> verbs.Command:
        cursor.space()
        return verbs.Subscribe(tag, cursor.mailbox(), subscribed)

    return read


def _append(_tag: str, _cursor: Cursor) -> verbs.Command:
    raise BadSyntax("Expected a message as a literal")


def _uid_expunge(tag: str, cursor: Cursor) -> verbs.Command:
    cursor.space()
    return verbs.Expunge(tag, cursor.sequence())


def _modifier(cursor: Cursor, name: str) -> int | None:
    """`(NAME n)`, if it stands here (RFC 7162)."""
    if not cursor.skip(b"("):
        return None
    if cursor.word("a modifier") != name:
        raise BadSyntax("Unknown modifier")
    cursor.space()
    value = cursor.modseq()
    cursor.expect(b")")
    return value


def _since(cursor: Cursor) -> tuple[int | None, bool]:
    """`(CHANGEDSINCE n)`, or `(CHANGEDSINCE n VANISHED)` in either order (RFC 7162 §3.1.4.1, §3.2.6)."""
    cursor.expect(b"(")
    since, vanished = None, False
    while True:
        name = cursor.word("a modifier")
        if name == "CHANGEDSINCE" and since is None:
            cursor.space()
            since = cursor.modseq()
        elif name == "VANISHED" and not vanished:
            vanished = True
        else:
            raise BadSyntax("Unknown modifier")
        if cursor.skip(b")"):
            break
        cursor.space()
    if since is None:
        raise BadSyntax("VANISHED goes with CHANGEDSINCE")
    return since, vanished


def _fetch(uid: bool) -> Reader:
    def read(tag: str, cursor: Cursor) -> verbs.Command:
        numbers = _numbers(cursor)
        items = fetch_items(cursor)
        since, vanished = _since(cursor) if cursor.skip(b" ") else (None, False)
        return verbs.Fetch(tag, numbers, items, since, uid, vanished)

    return read


_ACTIONS = {"FLAGS": FlagAction.REPLACE, "+FLAGS": FlagAction.ADD, "-FLAGS": FlagAction.REMOVE}


def _store(uid: bool) -> Reader:
    def read(tag: str, cursor: Cursor) -> verbs.Command:
        numbers = _numbers(cursor)
        since = _modifier(cursor, "UNCHANGEDSINCE")
        if since is not None:
            cursor.space()
        name = cursor.word("FLAGS")
        silent = name.endswith(".SILENT")
        action = _ACTIONS.get(name.removesuffix(".SILENT"))
        if action is None:
            raise BadSyntax("Expected FLAGS")
        cursor.space()
        if cursor.peek() == b"(":
            flags = cursor.flags()
        else:
            bare = [cursor.flag()]
            while cursor.skip(b" ") and len(bare) < 100:
                bare.append(cursor.flag())
            flags = tuple(bare)
        return verbs.Store(tag, numbers, action, flags, silent, since, uid)

    return read


def _numbers(cursor: Cursor) -> SequenceSet:
    cursor.space()
    numbers = cursor.sequence()
    cursor.space()
    return numbers


def _transfer(kind: Callable[[str, SequenceSet, str, bool], verbs.Command], uid: bool) -> Reader:
    def read(tag: str, cursor: Cursor) -> verbs.Command:
        numbers = _numbers(cursor)
        return kind(tag, numbers, cursor.mailbox(), uid)

    return read


def _by_number(uid: bool) -> dict[str, Reader]:
    return {
        "SEARCH": searching.search(uid),
        "SORT": searching.sort(uid),
        "THREAD": searching.thread(uid),
        "FETCH": _fetch(uid),
        "STORE": _store(uid),
        "COPY": _transfer(verbs.Copy, uid),
        "MOVE": _transfer(verbs.Move, uid),
    }


_VERBS: dict[str, Reader] = {
    **_by_number(False),
    "CAPABILITY": _bare(verbs.Capability),
    "NOOP": _bare(verbs.Noop),
    "LOGOUT": _bare(verbs.Logout),
    "STARTTLS": _bare(verbs.StartTls),
    "NAMESPACE": _bare(verbs.Namespace),
    "CHECK": _bare(verbs.Check),
    "CLOSE": _bare(verbs.Close),
    "UNSELECT": _bare(verbs.Unselect),
    "IDLE": _bare(verbs.Idle),
    "EXPUNGE": _bare(verbs.Expunge),
    "LOGIN": _login,
    "AUTHENTICATE": _authenticate,
    "ID": _id,
    "COMPRESS": _compress,
    "ENABLE": _enable,
    "SELECT": _select(False),
    "EXAMINE": _select(True),
    "CREATE": _create,
    "DELETE": _delete,
    "RENAME": _rename,
    "SUBSCRIBE": _subscribe(True),
    "UNSUBSCRIBE": _subscribe(False),
    "LIST": list_,
    "LSUB": lsub,
    "STATUS": status,
    "APPEND": _append,
    "GETMETADATA": metadata.get_metadata,
    "SETMETADATA": metadata.set_metadata,
    "GETQUOTA": quota.get_quota,
    "GETQUOTAROOT": quota.get_quota_root,
    "SETQUOTA": quota.set_quota,
    "REPLACE": _append,
    "SETACL": acl.set_acl,
    "DELETEACL": acl.delete_acl,
    "GETACL": acl.get_acl,
    "LISTRIGHTS": acl.list_rights,
    "MYRIGHTS": acl.my_rights,
}
_UID_VERBS: dict[str, Reader] = {**_by_number(True), "EXPUNGE": _uid_expunge, "REPLACE": _append}
