"""Content lines of iCalendar (RFC 5545 §3.1): unfolded, taken apart, written.

A line keeps its text as it was given, so that what nobody understands survives; parameters are read when asked for.
"""

import re
from collections.abc import Iterable, Mapping

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_PARAMETER = re.compile(r';([A-Za-z0-9_-]+)=((?:"[^"]*"|[^":;,]*)(?:,(?:"[^"]*"|[^":;,]*))*)')
_QUOTED = re.compile(r'"[^"]*"|[^",]+')
_ESCAPED = re.compile(r"\\(.)")
# Characters that no text of iCalendar may hold (RFC 5545 §3.1 CONTROL), and that XML cannot carry. TAB may stand.
CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# One text of a list: always as far as it goes, so that nothing is tried twice.
_LISTED = re.compile(r"(?:\\.|[^,])+")
_CARET = {"n": "\n", "^": "^", "'": '"'}
_CARETS = re.compile(r"\^([n^'])")
MAX_LINE = 75


class Line:
    """One property. `name` is in capitals, `value` is as it stands (texts still escaped), `raw` is the whole line."""

    __slots__ = ("_params", "head", "name", "raw", "value")

    def __init__(self, name: str, head: str, value: str, raw: str) -> None:
        self.name, self.head, self.value, self.raw = name, head, value, raw
        self._params: dict[str, tuple[str, ...]] | None = None

    @property
    def params(self) -> Mapping[str, tuple[str, ...]]:
        """Parameters by name in capitals; quotes and RFC 6868 carets are undone."""
        if self._params is None:
            self._params = _params_of(self.head) if self.head else {}
        return self._params

    def param(self, name: str) -> str:
        """The first value of a parameter, empty where there is none."""
        if not self.head:
            return ""
        return next(iter(self.params.get(name, ())), "")

    @property
    def text(self) -> str:
        return unescape(self.value)


def _params_of(head: str) -> dict[str, tuple[str, ...]]:
    params: dict[str, list[str]] = {}
    for match in _PARAMETER.finditer(head):
        values = [uncaret(each.strip('"')) for each in _QUOTED.findall(match[2])]
        params.setdefault(match[1].upper(), []).extend(values or [""])
    return {name: tuple(values) for name, values in params.items()}


def line_of(raw: str) -> Line | None:
    """A line that is unfolded already; None where it is none."""
    colon = raw.find(":")
    if colon < 1:
        return None
    head = raw[:colon]
    semicolon = head.find(";")
    if semicolon < 0:
        return Line(head.upper(), "", raw[colon + 1 :], raw) if _NAME.fullmatch(head) else None
    name = head[:semicolon]
    if not _NAME.fullmatch(name):
        return None
    if '"' in head:
        colon = _end_of_head(raw, semicolon)
        if colon < 0:
            return None
        head = raw[:colon]
    return Line(name.upper(), head[semicolon:], raw[colon + 1 :], raw)


def _end_of_head(raw: str, at: int) -> int:
    """Where the value begins, behind parameters with quotes; -1 where they never end."""
    quoted = False
    for index in range(at, len(raw)):
        character = raw[index]
        if character == '"':
            quoted = not quoted
        elif character == ":" and not quoted:
            return index
    return -1


def made(name: str, value: str, params: Mapping[str, str | Iterable[str]] | None = None) -> Line:
    """A line of our own. `value` is written as it is, without anything that would begin another line."""
    head = "".join(f";{key}={_param_value(given)}" for key, given in (params or {}).items())
    clean = CONTROLS.sub("", value)
    return Line(name, head, clean, f"{name}{head}:{clean}")


def made_text(name: str, text: str, params: Mapping[str, str | Iterable[str]] | None = None) -> Line:
    """A line of our own whose value is text (RFC 5545 §3.3.11)."""
    return made(name, escape(text), params)


def _param_value(given: str | Iterable[str]) -> str:
    values = [given] if isinstance(given, str) else list(given)
    return ",".join(_one_param(value) for value in values)


def _one_param(value: str) -> str:
    """RFC 6868: what no quoted string can hold goes behind a caret."""
    carets = value.replace("^", "^^").replace("\r\n", "\n").replace("\n", "^n").replace('"', "^'")
    clean = CONTROLS.sub("", carets)
    return f'"{clean}"' if re.search(r"[:;,\s]", clean) else clean


def escape(text: str) -> str:
    """Text for a value (RFC 5545 §3.3.11). A line end in it becomes `\\n`, never a line."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    escaped = plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
    return CONTROLS.sub("", escaped)


def unescape(value: str) -> str:
    if "\\" not in value:
        return value
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)


def uncaret(value: str) -> str:
    return _CARETS.sub(lambda match: _CARET[match[1]], value) if "^" in value else value


def texts_of(value: str) -> list[str]:
    """A list of texts, such as that of CATEGORIES, separated by commas that are not escaped."""
    return [unescape(each) for each in _LISTED.findall(value)]


def folded(raw: str) -> str:
    """A line with its line ends, none longer than 75 octets (RFC 5545 §3.1), no character cut in two."""
    if len(raw) <= MAX_LINE and raw.isascii():
        return f"{raw}\r\n"
    octets, parts, at, room = raw.encode(), [], 0, MAX_LINE
    while at < len(octets):
        end = min(at + room, len(octets))
        while end < len(octets) and octets[end] & 0xC0 == 0x80:
            end -= 1
        parts.append(octets[at:end].decode())
        at, room = end, MAX_LINE - 1
    return "\r\n ".join(parts) + "\r\n"
