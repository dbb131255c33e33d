"""DAV:response as it is sent: text from the beginning, since a listing has thousands of them and lxml's elements, each
with its namespaces, cost ten times as much. What is more than a text is still made of elements."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from gateway.edges.dav.names import PREFIXES
from gateway.edges.dav.writing import NOT_OF_XML, Value, element, serialized

_PREFIX_OF = {namespace: prefix for prefix, namespace in PREFIXES.items()}
# A carriage return that is no reference is a line feed to whoever reads it (XML 1.0 §2.11).
_REFERENCES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_TO_REFER = re.compile("[&<>\r]")


class Tags(NamedTuple):
    """How a property begins and ends, and how it is written without content."""

    opening: str
    closing: str
    empty: str


@lru_cache(maxsize=1024)
def tags(name: str) -> Tags:
    """Within a multistatus, whose root declares our prefixes; other namespaces are declared where they are used."""
    # The last one: a namespace may have such a brace itself, a name has none.
    namespace, _, local = name.removeprefix("{").rpartition("}")
    if not namespace:
        declared = ""
    elif namespace in _PREFIX_OF:
        local, declared = f"{_PREFIX_OF[namespace]}:{local}", ""
    else:
        local, declared = f"ns0:{local}", f" xmlns:ns0={quoteattr(namespace)}"
    return Tags(f"<{local}{declared}>", f"</{local}>", f"<{local}{declared}/>")


def escaped(text: str) -> str:
    """What was written elsewhere may hold characters that XML has not (XML 1.0 §2.2)."""
    if NOT_OF_XML.search(text):
        text = NOT_OF_XML.sub("\ufffd", text)
    return _TO_REFER.sub(lambda found: _REFERENCES[found[0]], text)


def written(name: str, value: Value) -> str:
    """A property."""
    if not isinstance(value, str):
        return serialized(element(name, value))
    opening, closing, empty = tags(name)
    return f"{opening}{escaped(value)}{closing}" if value else empty


def written_names(names: Iterable[str]) -> list[str]:
    """Properties of which but the name is said."""
    return [tags(name).empty for name in names]


def response(path: str, found: Sequence[str], missing: Sequence[str], *, minimal: bool) -> str:
    """That of a resource, of written properties; what it has not is left out where the client cares not
    (RFC 8144 §2.1)."""
    parts = [f"<D:response><D:href>{escaped(path)}</D:href>"]
    if found or minimal or not missing:
        parts.append(_propstat(found, "200 OK"))
    if missing and not minimal:
        parts.append(_propstat(written_names(missing), "404 Not Found"))
    return "".join((*parts, "</D:response>"))


def _propstat(properties: Sequence[str], status: str) -> str:
    prop = f"<D:prop>{''.join(properties)}</D:prop>" if properties else "<D:prop/>"
    return f"<D:propstat>{prop}<D:status>HTTP/1.1 {status}</D:status></D:propstat>"
