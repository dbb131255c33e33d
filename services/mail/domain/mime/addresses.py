"""Address lists (RFC 5322 §3.4, with the obsolete forms of §4.4), read in linear time and without failing."""

import re
from typing import NamedTuple

MOST_ADDRESSES = 10_000


class Mailbox(NamedTuple):
    """One address as octets (RFC 3501 §7.4.2). Where a group begins or ends, `host` is None."""

    name: bytes | None
    local: bytes | None
    host: bytes | None


GROUP_END = Mailbox(None, None, None)

_ATOM = rb"[^\s\"(),:;<>@\[\]\\]+"
# What nearly every address looks like, up to the comma or the end.
_COMMON = re.compile(
    rb"\s*(?:(?:\"([^\"\\]*)\"|([^\"(),:;<>@\[\]\\]*?))\s*<(%(atom)s)@(%(atom)s)>|(%(atom)s)@(%(atom)s))\s*(?:,|\Z)"
    % {b"atom": _ATOM}
)
# An unclosed quotation or domain literal runs to the end, so that no octet is looked at twice.
_TOKEN = re.compile(
    rb"(\s+)|\"((?:[^\"\\]|\\.)*+)(?:\"|\\?\Z)|(%(atom)s)|(\[[^\]]*(?:\]|\Z))|(.)" % {b"atom": _ATOM},
    re.DOTALL,
)
_COMMENT_EDGE = re.compile(rb"[()]|\\.", re.DOTALL)
_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


def addresses(value: bytes) -> list[Mailbox]:
    """The mailboxes of an unfolded address field, in order; what cannot be read is kept as well as can be."""
    found: list[Mailbox] = []
    at = 0
    while at < len(value) and len(found) < MOST_ADDRESSES:
        common = _COMMON.match(value, at)
        if common is None:
            rest = _Reader(value, at, MOST_ADDRESSES - len(found))
            found += rest.read()
            break
        quoted, phrase, local, host, bare, bare_host = common.groups()
        if bare is not None:
            found.append(Mailbox(None, bare, bare_host))
        else:
            found.append(Mailbox(quoted or phrase or None, local, host))
        at = common.end()
    return found


def _comment(value: bytes, at: int) -> tuple[bytes, int]:
    """The text of the comment that opens at `at`, and where it ends; nesting is counted, not recursed."""
    depth = 1
    for edge in _COMMENT_EDGE.finditer(value, at + 1):
        if edge[0] == b"(":
            depth += 1
        elif edge[0] == b")":
            depth -= 1
            if depth == 0:
                return value[at + 1 : edge.start()].strip(), edge.end()
    return value[at + 1 :].strip(), len(value)


class _Reader:
    """Reads any address list, token by token."""

    def __init__(self, value: bytes, at: int, most: int) -> None:
        self._value = value
        self._at = at
        self._most = most
        self._found: list[Mailbox] = []
        self._group = False
        self._clear()

    def _clear(self) -> None:
        self._phrase: list[bytes] = []  # words seen outside angle brackets
        self._address: list[bytes] = []  # what is joined without spaces: the address proper
        self._comment = b""
        self._angle = False
        self._angled = False

    def read(self) -> list[Mailbox]:
        while self._at < len(self._value) and len(self._found) < self._most:
            token = _TOKEN.match(self._value, self._at)
            if token is None:
                break
            self._at = token.end()
            space, quoted, atom, literal, mark = token.groups()
            if space is not None:
                continue
            if quoted is not None:
                self._word(_ESCAPED.sub(rb"\1", quoted))
            elif atom is not None or literal is not None:
                self._word(atom if atom is not None else literal)
            else:
                self._mark(mark)
        self._flush()
        if self._group:
            self._found.append(GROUP_END)
        return self._found

    def _word(self, word: bytes) -> None:
        if not self._angle:
            self._phrase.append(word)
        if self._angle or not self._angled:
            self._address.append(word)

    def _mark(self, mark: bytes) -> None:
        if mark == b"(":
            text, self._at = _comment(self._value, self._at - 1)
            self._comment = self._comment or text
        elif mark == b"<":
            self._angle = self._angled = True
            self._address = []
        elif mark == b">":
            self._angle = False
        elif mark == b"@":
            self._address.append(b"@")
        elif mark == b",":
            if self._angle:  # a source route, "<@a,@b:c@d>"
                self._address = []
            else:
                self._flush()
        elif mark == b":":
            self._colon()
        elif mark == b";":
            self._flush()
            if self._group:
                self._found.append(GROUP_END)
                self._group = False

    def _colon(self) -> None:
        if self._angle:
            self._address = []
        elif not self._group:
            self._found.append(Mailbox(None, b" ".join(self._phrase), None))
            self._group = True
            self._clear()

    def _flush(self) -> None:
        if self._address:
            name = b" ".join(self._phrase) if self._angled else self._comment
            before, at, host = b"".join(self._address).rpartition(b"@")
            if not at:  # a word alone, "root": a mailbox without a domain
                before, host = (host if self._angled else b" ".join(self._phrase)), b""
            self._found.append(Mailbox(name or None, before, host))
        self._clear()
