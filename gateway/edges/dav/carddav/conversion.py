"""A vCard of one version as the other (RFC 2426 ↔ RFC 6350, its appendix A), for clients that ask for it.

What is kept is never converted: a card is given as the other version and stays what it is. A line that means the same
in both is left octet for octet, folds and all, and so is every property and parameter that neither knows; the others
are written anew. What the older version has no word for goes by the names that address books have used for it (Apple's
`X-ADDRESSBOOKSERVER-KIND` and `X-APPLE-OMIT-YEAR`), and comes back from them.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from gateway.edges.dav.folding import folded

OLD, NEW = "3.0", "4.0"
VERSIONS = (OLD, NEW)
# No longer head is kept (`services/directory/domain/vcards.py`); of such a line nothing is read here either.
MAX_HEAD = 4096
_FOLD = re.compile(r"\r?\n[ \t]")
_HEAD = re.compile(r"(?:([A-Za-z0-9-]+)\.)?([A-Za-z0-9-]+)")
_PARAMETER = re.compile(r';([A-Za-z0-9-]+)=((?:"[^"]*"|[^",;:]*)(?:,(?:"[^"]*"|[^",;:]*))*)')
_VALUE = re.compile(r'"([^"]*)"|([^",]+)')
_EXTENDED_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(Z|[+-]\d{2}:?\d{2})?)?")
_BASIC_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z|[+-]\d{4})?)?")
_YEARLESS = re.compile(r"--(\d{2})-?(\d{2})")
_OFFSET = re.compile(r"([+-]\d{2}):?(\d{2})")
_PLACE = re.compile(r"\s*([+-]?[\d.]+)\s*([;,])\s*([+-]?[\d.]+)\s*")
_DATA = re.compile(r"data:([a-z0-9.+-]+/[a-z0-9.+-]+)?(?:;[a-z0-9-]+=[^;,]*)*;base64,", re.IGNORECASE)
# The year that stands for none (Apple).
NO_YEAR = "1604"
_RENAMED = {"KIND": "X-ADDRESSBOOKSERVER-KIND", "MEMBER": "X-ADDRESSBOOKSERVER-MEMBER"}
_BACK = {old: new for new, old in _RENAMED.items()}
_BINARY = frozenset({"PHOTO", "LOGO", "SOUND", "KEY"})
_MEDIA = {"PHOTO": "image", "LOGO": "image", "SOUND": "audio", "KEY": "application"}
_DATES = frozenset({"BDAY", "REV", "ANNIVERSARY"})


@dataclass(frozen=True)
class Line:
    """A content line; each parameter with its values, unquoted."""

    group: str
    name: str
    parameters: tuple[tuple[str, tuple[str, ...]], ...]
    value: str

    def has(self, parameter: str) -> list[str]:
        return [value for name, values in self.parameters if name.upper() == parameter for value in values]

    def without(self, *names: str) -> "Line":
        return replace(self, parameters=tuple(each for each in self.parameters if each[0].upper() not in names))

    def having(self, name: str, *values: str) -> "Line":
        return replace(self, parameters=(*self.parameters, (name, values)))

    def written(self) -> str:
        group = f"{self.group}." if self.group else ""
        said = "".join(f";{name}={','.join(map(_quoted, values))}" for name, values in self.parameters)
        return folded(f"{group}{self.name}{said}:{self.value}")


def converted(card: str, version: str) -> str:
    """The card in this version; as it is where it is of this version already, or cannot be read line by line."""
    lines = list(logical_lines(card))
    was = next((_plain(line).partition(":")[2].strip() for line in lines if _name(line) == "VERSION"), "")
    if was == version or was not in VERSIONS or version not in VERSIONS:
        return card
    convert = _newer if version == NEW else _older
    body = [line for line in lines if _name(line) not in {"BEGIN", "VERSION", "END"}]
    changed = [_changed(line, convert) for line in body]
    if version == OLD and not any(_name(line) == "N" for line in body):
        # RFC 2426 §3.1.2 wants one; the whole name is the only one that there is.
        whole = next((_plain(line).partition(":")[2] for line in body if _name(line) == "FN"), "")
        changed.append(folded(f"N:{whole};;;;"))
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *changed, "END:VCARD", ""])


def logical_lines(text: str) -> Iterator[str]:
    """Content lines as they are folded."""
    gathered = ""
    for line in text.split("\n"):
        bare = line.removesuffix("\r")
        if bare[:1] in {" ", "\t"} and gathered:
            gathered += f"\r\n{bare}"
            continue
        if gathered:
            yield gathered
        gathered = bare
    if gathered:
        yield gathered


def _plain(line: str) -> str:
    return _FOLD.sub("", line)


def _name(line: str) -> str:
    found = _HEAD.match(line)
    return found[2].upper() if found else ""


def _changed(given: str, convert: Callable[[Line], Line]) -> str:
    """`given` is folded, and stays so where nothing changes."""
    line = _read(_plain(given))
    if line is None:
        return given
    other = convert(line)
    return given if other == line else other.written()


def _read(text: str) -> Line | None:
    within = text[:MAX_HEAD]
    head = _HEAD.match(within)
    if head is None:
        return None
    at, parameters = head.end(), []
    while found := _PARAMETER.match(within, at):
        values = tuple(each[1] if each[1] is not None else each[2] for each in _VALUE.finditer(found[2]))
        parameters.append((found[1], values))
        at = found.end()
    # A parameter without value, as some write types, stays as it is with its whole line.
    return Line(head[1] or "", head[2], tuple(parameters), text[at + 1 :]) if within[at : at + 1] == ":" else None


def _newer(line: Line) -> Line:
    name = line.name.upper()
    line = replace(line, name=_BACK.get(name, line.name))
    name = line.name.upper()
    if "PREF" in {kind.upper() for kind in line.has("TYPE")}:
        line = _with_types(line, lambda kinds: [kind for kind in kinds if kind.upper() != "PREF"]).having("PREF", "1")
    if name in _BINARY:
        return _data_uri(line, name)
    if name in _DATES:
        return _basic_date(line)
    if name == "GEO" and (found := _PLACE.fullmatch(line.value)) and found[2] == ";":
        return replace(line, value=f"geo:{found[1]},{found[3]}")
    if name == "TZ" and not line.has("VALUE") and (offset := _OFFSET.fullmatch(line.value)):
        return replace(line, value=f"{offset[1]}{offset[2]}").having("VALUE", "utc-offset")
    return line


def _older(line: Line) -> Line:
    name = line.name.upper()
    line = replace(line, name=_RENAMED.get(name, line.name))
    if line.has("PREF") == ["1"]:
        line = _with_types(line.without("PREF"), lambda kinds: [*kinds, "pref"])
    if name in _BINARY:
        return _inline(line, name)
    if name in _DATES:
        return _extended_date(line)
    value = line.value
    if name == "GEO" and value.lower().startswith("geo:") and (found := _PLACE.fullmatch(value[4:].partition(";")[0])):
        return replace(line, value=f"{found[1]};{found[3]}").without("VALUE")
    if name == "TZ" and line.has("VALUE") == ["utc-offset"] and (offset := _OFFSET.fullmatch(value)):
        return replace(line, value=f"{offset[1]}:{offset[2]}").without("VALUE")
    if name == "TEL" and [each.lower() for each in line.has("VALUE")] == ["uri"] and value.lower().startswith("tel:"):
        return replace(line, value=value[4:]).without("VALUE")
    return line


def _with_types(line: Line, change: Callable[[list[str]], list[str]]) -> Line:
    """The same with other types, where its types stand."""
    kinds = [kind for value in line.has("TYPE") for kind in value.split(",") if kind]
    bare, left = line.without("TYPE"), change(kinds)
    return bare.having("TYPE", *left) if left else bare


def _data_uri(line: Line, name: str) -> Line:
    """Binary content becomes a URI of its own octets (RFC 6350 §5.1 has no ENCODING)."""
    kinds = [kind for kind in line.has("TYPE") if kind]
    if any(each.lower() in {"b", "base64"} for each in line.has("ENCODING")):
        media = f"{_MEDIA[name]}/{kinds[0].lower()}" if kinds else "application/octet-stream"
        octets = "".join(line.value.split())
        return replace(line.without("ENCODING", "TYPE", "VALUE"), value=f"data:{media};base64,{octets}")
    if [each.lower() for each in line.has("VALUE")] == ["uri"]:
        bare = line.without("TYPE", "VALUE")
        return bare.having("MEDIATYPE", f"{_MEDIA[name]}/{kinds[0].lower()}") if kinds else bare
    return line


def _inline(line: Line, name: str) -> Line:
    if found := _DATA.match(line.value):
        media = (found[1] or "").lower()
        bare = replace(line.without("VALUE", "MEDIATYPE"), value=line.value[found.end() :]).having("ENCODING", "b")
        family, _, kind = media.partition("/")
        return bare.having("TYPE", kind.upper()) if kind and family == _MEDIA[name] else bare
    if line.has("VALUE") or ":" not in line.value:
        return line
    kinds = [each.partition("/")[2].upper() for each in line.has("MEDIATYPE")]
    bare = line.without("MEDIATYPE").having("VALUE", "uri")
    return bare.having("TYPE", *kinds) if kinds and all(kinds) else bare


def _basic_date(line: Line) -> Line:
    found = _EXTENDED_DATE.fullmatch(line.value)
    if found is None:
        return line
    year, month, day, hour, minute, second, zone = found.groups()
    if line.has("X-APPLE-OMIT-YEAR") == [year] and hour is None:
        return replace(line.without("X-APPLE-OMIT-YEAR", "VALUE"), value=f"--{month}{day}")
    time = f"T{hour}{minute}{second}{(zone or '').replace(':', '')}" if hour else ""
    return replace(line.without("VALUE"), value=f"{year}{month}{day}{time}")


def _extended_date(line: Line) -> Line:
    if yearless := _YEARLESS.fullmatch(line.value):
        value = f"{NO_YEAR}-{yearless[1]}-{yearless[2]}"
        return replace(line, value=value).having("X-APPLE-OMIT-YEAR", NO_YEAR)
    found = _BASIC_DATE.fullmatch(line.value)
    if found is None:
        return line
    year, month, day, hour, minute, second, zone = found.groups()
    offset = f"{zone[:3]}:{zone[3:]}" if zone and zone != "Z" else zone or ""
    return replace(line, value=f"{year}-{month}-{day}" + (f"T{hour}:{minute}:{second}{offset}" if hour else ""))


def _quoted(value: str) -> str:
    return f'"{value}"' if any(sign in value for sign in ",;:") else value
