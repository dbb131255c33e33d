"""Distinguished names (RFC 4514) as clients send them and as we write them."""

import re
from functools import lru_cache
from typing import NamedTuple

from services.directory.domain.book.folding import folded

LONGEST, DEEPEST = 4096, 32
# The attributes that names are made of here, by each of their spellings (RFC 4519).
_KEYWORDS = {
    "dc": "dc", "domaincomponent": "dc", "0.9.2342.19200300.100.1.25": "dc",
    "ou": "ou", "organizationalunitname": "ou", "2.5.4.11": "ou",
    "uid": "uid", "userid": "uid", "0.9.2342.19200300.100.1.1": "uid",
    "cn": "cn", "commonname": "cn", "2.5.4.3": "cn",
    "mail": "mail", "rfc822mailbox": "mail", "0.9.2342.19200300.100.1.3": "mail",
}  # fmt: skip
_SPECIAL = frozenset(',+"\\<>;=#')
_TO_ESCAPE = re.compile(r'[,+"\\<>;=#\x00-\x1f\x7f]')
# Bases of searches repeat.
_REMEMBERED = 512


class BadName(ValueError):
    """Not a distinguished name."""


class Part(NamedTuple):
    """One relative name: the attribute in its short form, the value as given."""

    keyword: str
    value: str

    @property
    def key(self) -> tuple[str, str]:
        """How it is compared: without case, accents and doubled spaces."""
        return self.keyword, matched(self.value)


def matched(value: str) -> str:
    """A value as our matching rules compare it."""
    return " ".join(folded(value).split())


@lru_cache(_REMEMBERED)
def parse(name: str) -> tuple[Part, ...]:
    """The parts of a name, the innermost first; empty for the empty name. Raises `BadName`.

    A relative name of several attributes names nothing here, and is refused.
    """
    if len(name) > LONGEST:
        raise BadName("longer than any name here")
    if not name.strip():
        return ()
    parts: list[Part] = []
    at = 0
    while True:
        part, at = _part(name, at)
        parts.append(part)
        if len(parts) > DEEPEST:
            raise BadName("deeper than any name here")
        if at >= len(name):
            return tuple(parts)
        if name[at] == "+":
            raise BadName("several attributes in one part")
        at += 1


def _part(name: str, at: int) -> tuple[Part, int]:
    equals = name.find("=", at)
    if equals < 0:
        raise BadName("a part without =")
    keyword = name[at:equals].strip().lower().removeprefix("oid.")
    if not keyword or not all(c.isascii() and (c.isalnum() or c in "-.;") for c in keyword):
        raise BadName("not an attribute")
    at = equals + 1
    while at < len(name) and name[at] == " ":
        at += 1
    if at < len(name) and name[at] == "#":
        raise BadName("a value in hexadecimal")
    value, at = _quoted(name, at + 1) if at < len(name) and name[at] == '"' else _plain(name, at)
    if not value:
        raise BadName("an empty value")
    return Part(_KEYWORDS.get(keyword, keyword), value), at


def _plain(name: str, at: int) -> tuple[str, int]:
    octets = bytearray()
    # Up to here spaces at the end belong to the value: they were escaped.
    kept = 0
    while at < len(name) and name[at] not in ",;+":
        if name[at] == "\\":
            piece, at = _escaped(name, at + 1)
            octets += piece
            kept = len(octets)
            continue
        if name[at] in '"<>':
            raise BadName("a character that has to be escaped")
        octets += name[at].encode("utf-8", "surrogatepass")
        at += 1
    while len(octets) > kept and octets[-1:] == b" ":
        del octets[-1]
    return _text(octets), at


def _quoted(name: str, at: int) -> tuple[str, int]:
    """As RFC 2253 §4 has it, and RFC 4514 has no more: clients still send it."""
    octets = bytearray()
    while at < len(name) and name[at] != '"':
        if name[at] == "\\":
            piece, at = _escaped(name, at + 1)
            octets += piece
            continue
        octets += name[at].encode("utf-8", "surrogatepass")
        at += 1
    if at >= len(name):
        raise BadName("a quotation without end")
    at += 1
    while at < len(name) and name[at] == " ":
        at += 1
    if at < len(name) and name[at] not in ",;+":
        raise BadName("something behind a quotation")
    return _text(octets), at


def _escaped(name: str, at: int) -> tuple[bytes, int]:
    pair = name[at : at + 2]
    if len(pair) == 2 and all(c in "0123456789abcdefABCDEF" for c in pair):
        return bytes.fromhex(pair), at + 2
    if pair and (pair[0] in _SPECIAL or pair[0] == " "):
        return pair[0].encode("ascii"), at + 1
    raise BadName("an escape of nothing")


def _text(octets: bytearray) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadName("not UTF-8") from error


def written(keyword: str, value: str) -> str:
    """One part of a name, escaped (RFC 4514 §2.4); `#` everywhere, as some clients want it."""
    text = _TO_ESCAPE.sub(_escape, value)
    if text.startswith(" "):
        text = f"\\{text}"
    if text.endswith(" ") and not text.endswith("\\ "):
        text = f"{text[:-1]}\\ "
    return f"{keyword}={text}"


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    return f"\\{character}" if character in _SPECIAL else f"\\{ord(character):02x}"


@lru_cache(_REMEMBERED)
def keys(parts: tuple[Part, ...]) -> tuple[tuple[str, str], ...]:
    """A name as it is compared, the outermost part first."""
    return tuple(part.key for part in reversed(parts))
