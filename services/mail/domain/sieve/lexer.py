"""Characters to tokens (RFC 5228 §8.1)."""

import re
from enum import Enum
from typing import NamedTuple

from services.mail.domain.sieve.errors import Fault


class Kind(Enum):
    IDENTIFIER = "identifier"
    TAG = "tag"
    NUMBER = "number"
    STRING = "string"
    MARK = "mark"
    END = "end"


class Token(NamedTuple):
    """`text` of identifiers and tags is in lower case, tags without their colon; `number` counts the K, M, G in."""

    kind: Kind
    at: int
    text: str = ""
    number: int = 0


# No number is larger than what every reader of JSON takes (RFC 5228 §2.4.1 wants 2^31 - 1 at least).
MAX_NUMBER = 2**53 - 1
_BLANK = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+|/\*(?s:.*?)\*/)*+")
_TOKEN = re.compile(
    r"""(?P<multiline>text:[ \t]*(?:\#[^\n]*)?\r?\n)
    |(?P<identifier>[a-z_][a-z0-9_]*)
    |:(?P<tag>[a-z_][a-z0-9_]*)
    |(?P<number>[0-9]+)(?P<unit>[kmg]?)(?![a-z0-9_])
    |"(?P<string>(?:[^"\\]|\\.)*+)"
    |(?P<mark>[][(){},;])""",
    re.ASCII | re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_DOT = re.compile(r"^\.\r?(?:\n|\Z)", re.MULTILINE)
_STUFFED = re.compile(r"^\.(?=\.)", re.MULTILINE)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_LINE_END = re.compile(r"\r?\n")
_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


def tokens(text: str) -> list[Token]:
    """All tokens, the last one `END`. Raises `Fault`."""
    found: list[Token] = []
    at = 0
    while True:
        blank = _BLANK.match(text, at)
        at = blank.end() if blank else at
        if at >= len(text):
            return [*found, Token(Kind.END, at)]
        match = _TOKEN.match(text, at)
        if match is None:
            raise _unreadable(text, at)
        token, at = _token(text, match)
        found.append(token)


def _token(text: str, match: re.Match[str]) -> tuple[Token, int]:
    at = match.start()
    match match.lastgroup:
        case "multiline":
            return _multiline(text, match)
        case "identifier":
            return Token(Kind.IDENTIFIER, at, match["identifier"].lower()), match.end()
        case "tag":
            return Token(Kind.TAG, at, match["tag"].lower()), match.end()
        case "unit":
            return Token(Kind.NUMBER, at, number=_number(match)), match.end()
        case "string":
            return Token(Kind.STRING, at, _lines(_ESCAPED.sub(r"\1", match["string"]))), match.end()
        case _:
            return Token(Kind.MARK, at, match["mark"]), match.end()


def _number(match: re.Match[str]) -> int:
    digits = match["number"].lstrip("0") or "0"
    value = int(digits) * _UNITS[match["unit"].lower()] if len(digits) < 20 else MAX_NUMBER + 1
    if value > MAX_NUMBER:
        raise Fault(match.start(), "ce nombre est trop grand", "this number is too large")
    return value


def _multiline(text: str, opened: re.Match[str]) -> tuple[Token, int]:
    """What stands between `text:` and a line with a dot alone, dots unstuffed (§2.4.2)."""
    dot = _DOT.search(text, opened.end())
    if dot is None:
        raise Fault(
            opened.start(), "ce texte ne se termine pas par une ligne « . »", 'this text is not ended by a line "."'
        )
    body = _STUFFED.sub("", text[opened.end() : dot.start()])
    return Token(Kind.STRING, opened.start(), _lines(body)), dot.end()


def _lines(text: str) -> str:
    """Line ends are CRLF in what the script says, however it was saved."""
    return _LINE_END.sub("\r\n", text) if "\n" in text else text


def _unreadable(text: str, at: int) -> Fault:
    if text[at] == '"':
        return Fault(at, "ces guillemets ne se ferment pas", "this quotation is not closed")
    if text.startswith("/*", at):
        return Fault(at, "ce commentaire ne se ferme pas", "this comment is not closed")
    return Fault(at, f"{text[at]!r} n'a pas de sens ici", f"{text[at]!r} means nothing here")
