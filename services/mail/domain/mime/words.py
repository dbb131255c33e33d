"""Octets to characters: charsets of any name, and encoded words (RFC 2047)."""

import binascii
import codecs
import re
from functools import lru_cache

# Decoders that are no charsets of mail, slow or unsafe on hostile input; named as `codecs.lookup` names them.
_REFUSED = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"})
_WORD = re.compile(rb"=\?([!-)+->@-~]{1,60})(?:\*[!->@-~]{0,40})?\?([bBqQ])\?([^?\s]*)\?=")
_CONTROL = dict.fromkeys([*range(32), 127], " ")
_CLEAN = re.compile(rb"[ -~]*")


@lru_cache(maxsize=256)
def _codec(charset: str) -> str:
    try:
        name = codecs.lookup(charset.strip()).name
        b"a".decode(name, "replace")
    except (LookupError, ValueError, UnicodeError):
        return ""
    return "" if name in _REFUSED else name


def to_text(octets: bytes, charset: str) -> str:
    """Decode without failing: with an unknown charset as UTF-8, else each octet stands for a character."""
    if charset != "ascii":
        codec = _codec(charset[:60].lower())
        if codec and codec != "ascii":
            text = octets.decode(codec, "replace")
            # UTF-7 can spell half a character (a lone surrogate), which no database or JSON takes.
            return text.encode("utf-8", "replace").decode() if codec == "utf-7" else text
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")


def decoded(value: bytes) -> str:
    """An unstructured value as people read it: encoded words decoded, 8-bit octets guessed, controls gone."""
    if b"=?" not in value:
        if _CLEAN.fullmatch(value):
            return value.decode("ascii")
        return to_text(value, "ascii").translate(_CONTROL)
    pieces: list[str] = []
    pending: tuple[str, bytes] | None = None  # a character may be cut between two words of one charset
    at = 0
    for word in _WORD.finditer(value):
        between = value[at : word.start()]
        charset, octets = word[1].decode("ascii").lower(), word_octets(word[2], word[3])
        if pending and not between.strip():  # white space between encoded words is no text (§6.2)
            if pending[0] == charset:
                pending = (charset, pending[1] + octets)
                at = word.end()
                continue
            between = b""
        if pending:
            pieces.append(to_text(pending[1], pending[0]))
        pieces.append(to_text(between, "ascii"))
        pending = (charset, octets)
        at = word.end()
    if pending:
        pieces.append(to_text(pending[1], pending[0]))
    pieces.append(to_text(value[at:], "ascii"))
    return "".join(pieces).translate(_CONTROL)


def word_octets(encoding: bytes, text: bytes) -> bytes:
    """What an encoded word holds, in its charset."""
    if encoding in b"qQ":
        return binascii.a2b_qp(text, header=True)
    return base64_octets(text)


_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def base64_octets(text: bytes) -> bytes:
    """Decode base64 that may be cut, unpadded or mixed with other octets."""
    try:
        return binascii.a2b_base64(text)
    except binascii.Error:
        pass
    clean = _NOT_BASE64.sub(b"", text)
    clean = clean[: len(clean) - 1] if len(clean) % 4 == 1 else clean
    return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))
