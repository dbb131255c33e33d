"""Commands as a client sends them: for tests and load, and as proof that the parser reads what it is told."""

import binascii
from collections.abc import Callable
from datetime import date
from typing import Any

from services.mail.domain.flags import FlagAction
from services.mail.domain.search import (
    Age,
    And,
    Body,
    HasFlag,
    Header,
    Id,
    ModSeq,
    Not,
    Received,
    Saved,
    Sent,
    Size,
    Text,
)
from services.mail.imap.codec import commands as verbs
from services.mail.imap.codec import metadata, write
from services.mail.imap.codec.search_keys import All, Either, Numbers, SearchKey, Without
from services.mail.imap.codec.sequences import written
from services.mail.imap.codec.utf7 import encode_name


def serialised(command: verbs.Command) -> bytes:
    """One command with its tag, without the final line end; APPEND up to its message."""
    return command.tag.encode("ascii") + b" " + _WRITERS[type(command)](command)


def _string(text: str) -> bytes:
    return write.quoted(text.encode("utf-8"))


def _name(name: str) -> bytes:
    return write.quoted(encode_name(name))


def _by_number(verb: bytes, command: Any, rest: bytes) -> bytes:
    return (b"UID " if command.uid else b"") + b"%b %b %b" % (verb, written(command.numbers), rest)


def _authenticate(command: verbs.Authenticate) -> bytes:
    line = b"AUTHENTICATE " + command.mechanism.encode("ascii")
    if command.initial is None:
        return line
    return line + b" " + (binascii.b2a_base64(command.initial, newline=False) or b"=")


def _id(command: verbs.Id) -> bytes:
    if not command.fields:
        return b"ID NIL"
    pairs = (_string(name) + b" " + (b"NIL" if value is None else _string(value)) for name, value in command.fields)
    return b"ID (%b)" % b" ".join(pairs)


def _select(command: verbs.Select) -> bytes:
    verb = b"EXAMINE " if command.read_only else b"SELECT "
    parameters = [b"CONDSTORE"] if command.condstore else []
    if (known := command.resync) is not None:
        uids = b" " + written(known.known) if known.known is not None else b""
        parameters.append(b"QRESYNC (%d %d%b)" % (known.uid_validity, known.modseq, uids))
    return verb + _name(command.mailbox) + (b" (%b)" % b" ".join(parameters) if parameters else b"")


def _create(command: verbs.Create) -> bytes:
    use = command.special_use
    return b"CREATE " + _name(command.mailbox) + (f" (USE (\\{use.value}))".encode("ascii") if use else b"")


def _options(options: frozenset[str]) -> bytes:
    return b"(%b)" % " ".join(sorted(options)).encode("ascii")


def _list(command: verbs.List) -> bytes:
    patterns = b" ".join(map(_name, command.patterns))
    given = " ".join(sorted(command.give)).encode("ascii")
    status = b"STATUS (%b)" % " ".join(command.status).encode("ascii") if command.status else b""
    return b"LIST %b%b (%b)%b" % (
        _options(command.select) + b" " if command.select else b"",
        _name(command.reference),
        patterns,
        b" RETURN (%b)" % b" ".join(filter(None, (given, status))) if given or status else b"",
    )


def _search(command: verbs.Search) -> bytes:
    give = b"RETURN %b " % _options(command.give) if command.give is not None else b""
    return (b"UID " if command.uid else b"") + b"SEARCH " + give + search_key(command.key)


def _sort(command: verbs.Sort) -> bytes:
    order = " ".join(f"{'REVERSE ' if each.reverse else ''}{each.by.value}" for each in command.order)
    return (b"UID " if command.uid else b"") + b"SORT (%b) UTF-8 %b" % (order.encode("ascii"), search_key(command.key))


def _thread(command: verbs.Thread) -> bytes:
    algorithm = command.algorithm.value.encode("ascii")
    return (b"UID " if command.uid else b"") + b"THREAD %b UTF-8 %b" % (algorithm, search_key(command.key))


def _incoming(message: verbs.Incoming) -> bytes:
    date = write.date_time(message.internal_date) + b" " if message.internal_date else b""
    return write.flags(message.flags) + b" " + date + (b"UTF8 (" if message.utf8 else b"")


def _append(command: verbs.Append) -> bytes:
    return b"APPEND %b %b" % (_name(command.mailbox), _incoming(command.message))


def _replace(command: verbs.Replace) -> bytes:
    number = b"*" if command.number is None else b"%d" % command.number
    verb = b"UID REPLACE" if command.uid else b"REPLACE"
    return b"%b %b %b %b" % (verb, number, _name(command.mailbox), _incoming(command.message))


def _get_metadata(command: metadata.GetMetadata) -> bytes:
    depth = b"infinity" if command.depth is None else b"%d" % command.depth
    most = b" MAXSIZE %d" % command.most if command.most is not None else b""
    entries = " ".join(command.entries).encode("ascii")
    return b"GETMETADATA (DEPTH %b%b) %b (%b)" % (depth, most, _name(command.mailbox), entries)


def _set_metadata(command: metadata.SetMetadata) -> bytes:
    def value(octets: bytes | None) -> bytes:
        return b"NIL" if octets is None else b"~{%d}\r\n%b" % (len(octets), octets)

    values = b" ".join(b"%b %b" % (name.encode("ascii"), value(octets)) for name, octets in command.values)
    return b"SETMETADATA %b (%b)" % (_name(command.mailbox), values)


def _expunge(command: verbs.Expunge) -> bytes:
    return b"EXPUNGE" if command.uids is None else b"UID EXPUNGE " + written(command.uids)


def _item(item: verbs.Asked) -> bytes:
    if isinstance(item, verbs.Item):
        return item.value.encode("ascii")
    label = item.label.replace(b"[", b".PEEK[", 1) if item.peek and b".SIZE[" not in item.label else item.label
    return label + (b"<%d.%d>" % item.partial if item.partial else b"")


def _fetch(command: verbs.Fetch) -> bytes:
    vanished = b" VANISHED" if command.vanished else b""
    since = b" (CHANGEDSINCE %d%b)" % (command.changed_since, vanished) if command.changed_since is not None else b""
    return _by_number(b"FETCH", command, b"(%b)" % b" ".join(map(_item, command.items)) + since)


_SIGNS = {FlagAction.ADD: b"+", FlagAction.REMOVE: b"-", FlagAction.REPLACE: b""}


def _store(command: verbs.Store) -> bytes:
    since = b"(UNCHANGEDSINCE %d) " % command.unchanged_since if command.unchanged_since is not None else b""
    silent = b".SILENT" if command.silent else b""
    rest = b"%b%bFLAGS%b %b" % (since, _SIGNS[command.action], silent, write.flags(command.flags))
    return _by_number(b"STORE", command, rest)


def _day(day: date) -> bytes:
    return f"{day.day}-{write.MONTHS[day.month - 1]}-{day.year:04d}".encode("ascii")


def _days(prefix: bytes, key: Received | Sent | Saved) -> bytes:
    bounds = [(b"SINCE", key.since), (b"BEFORE", key.before)]
    return b" ".join(prefix + name + b" " + _day(day) for name, day in bounds if day is not None)


def search_key(key: SearchKey) -> bytes:
    """A key in the form that reads back as itself."""
    if isinstance(key, All):
        return b"(%b)" % b" ".join(map(search_key, key.keys))
    if isinstance(key, Either):
        return b"OR %b %b" % (search_key(key.keys[0]), search_key(key.keys[1]))
    if isinstance(key, Without):
        return b"NOT " + search_key(key.key)
    if isinstance(key, Numbers):
        return (b"UID " if key.uid else b"") + written(key.numbers)
    return _KEYS[type(key)](key)


def _flag_key(key: HasFlag) -> bytes:
    flag = key.flag.encode("ascii")
    return flag[1:].upper() if flag.startswith(b"\\") else b"KEYWORD " + flag


def _not(key: Not) -> bytes:
    flag = search_key(key.criterion)
    return b"UN" + flag if isinstance(key.criterion, HasFlag) else b"NOT " + flag


def _id_key(key: Id) -> bytes:
    name, value = ("EMAILID", key.email) if key.email is not None else ("THREADID", key.thread)
    return f"{name} {value}".encode("ascii")


def _whom(command: verbs.SetAcl | verbs.DeleteAcl | verbs.ListRights) -> bytes:
    return b"%b %b" % (_name(command.mailbox), _string(command.identifier))


def _size(key: Size) -> bytes:
    return b"LARGER %d" % key.larger if key.larger is not None else b"SMALLER %d" % (key.smaller or 0)


_KEYS: dict[type, Callable[[Any], bytes]] = {
    And: lambda _: b"ALL",
    HasFlag: _flag_key,
    Not: _not,
    Header: lambda key: b"HEADER %b %b" % (_string(key.name), _string(key.text)),
    Body: lambda key: b"BODY " + _string(key.text),
    Text: lambda key: b"TEXT " + _string(key.text),
    ModSeq: lambda key: b"MODSEQ %d" % key.least,
    Size: _size,
    Age: lambda key: b"OLDER %d" % key.older if key.older is not None else b"YOUNGER %d" % (key.younger or 0),
    Received: lambda key: _days(b"", key),
    Sent: lambda key: _days(b"SENT", key),
    Saved: lambda key: _days(b"SAVED", key),
    Id: _id_key,
}

_WRITERS: dict[type[verbs.Command], Callable[[Any], bytes]] = {
    verbs.Capability: lambda _: b"CAPABILITY",
    verbs.Noop: lambda _: b"NOOP",
    verbs.Logout: lambda _: b"LOGOUT",
    verbs.StartTls: lambda _: b"STARTTLS",
    verbs.Namespace: lambda _: b"NAMESPACE",
    verbs.Check: lambda _: b"CHECK",
    verbs.Close: lambda _: b"CLOSE",
    verbs.Unselect: lambda _: b"UNSELECT",
    verbs.Idle: lambda _: b"IDLE",
    verbs.Login: lambda command: b"LOGIN %b %b" % (_string(command.user), _string(command.password)),
    verbs.Authenticate: _authenticate,
    verbs.Id: _id,
    verbs.Compress: lambda command: b"COMPRESS " + command.algorithm.encode("ascii"),
    verbs.Enable: lambda command: " ".join(["ENABLE", *command.capabilities]).encode("ascii"),
    verbs.Select: _select,
    verbs.Create: _create,
    verbs.Delete: lambda command: b"DELETE " + _name(command.mailbox),
    verbs.Rename: lambda command: b"RENAME %b %b" % (_name(command.mailbox), _name(command.to)),
    verbs.Subscribe: lambda command: (b"" if command.subscribed else b"UN") + b"SUBSCRIBE " + _name(command.mailbox),
    verbs.List: _list,
    verbs.Lsub: lambda command: b"LSUB %b %b" % (_name(command.reference), _name(command.pattern)),
    verbs.Status: lambda command: b"STATUS %b (%b)" % (_name(command.mailbox), " ".join(command.items).encode("ascii")),
    verbs.Append: _append,
    metadata.GetMetadata: _get_metadata,
    metadata.SetMetadata: _set_metadata,
    verbs.Replace: _replace,
    verbs.SetAcl: lambda command: b"SETACL %b %b" % (_whom(command), _string(command.change)),
    verbs.DeleteAcl: lambda command: b"DELETEACL " + _whom(command),
    verbs.GetAcl: lambda command: b"GETACL " + _name(command.mailbox),
    verbs.ListRights: lambda command: b"LISTRIGHTS " + _whom(command),
    verbs.MyRights: lambda command: b"MYRIGHTS " + _name(command.mailbox),
    verbs.Expunge: _expunge,
    verbs.Search: _search,
    verbs.Sort: _sort,
    verbs.Thread: _thread,
    verbs.Fetch: _fetch,
    verbs.Store: _store,
    verbs.Copy: lambda command: _by_number(b"COPY", command, _name(command.mailbox)),
    verbs.Move: lambda command: _by_number(b"MOVE", command, _name(command.mailbox)),
}
