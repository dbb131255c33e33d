"""XML as we answer it."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from http import HTTPStatus
from typing import TypeAlias

from lxml import etree

from gateway.edges.dav.elements import Element
from gateway.edges.dav.names import PREFIXES, dav

# The content of a property: a text, or elements.
Value: TypeAlias = "str | Sequence[Element]"
# One that is there, or made when it is asked for: elements are of one answer, and cost.
Live: TypeAlias = "Value | Callable[[], Value]"
# A DAV:response as it is sent, or as an element.
Answer: TypeAlias = "str | Element"
XML = 'application/xml; charset="utf-8"'
_PROLOG = '<?xml version="1.0" encoding="utf-8"?>\n'
_DECLARED = "".join(f' xmlns:{prefix}="{namespace}"' for prefix, namespace in PREFIXES.items())
_GATHERED = 32 * 1024
NOT_OF_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def element(name: str, content: Value = "", /, **attributes: str) -> Element:
    made: Element = etree.Element(name, attributes, PREFIXES)
    if isinstance(content, str):
        try:
            made.text = content
        except ValueError:
            # What was written elsewhere may hold characters that XML has not (XML 1.0 §2.2).
            made.text = NOT_OF_XML.sub("\ufffd", content)
    else:
        made.extend(content)
    return made


def href(path: str) -> Element:
    return element(dav("href"), path)


def document(root: Element) -> bytes:
    octets: bytes = etree.tostring(root, encoding="utf-8")
    return _PROLOG.encode() + octets


def status_line(status: int) -> Element:
    return element(dav("status"), f"HTTP/1.1 {status} {HTTPStatus(status).phrase}")


def propstat(status: int, properties: Iterable[Element], condition: str = "", detail: str = "") -> Element:
    parts = [element(dav("prop"), list(properties)), status_line(status)]
    if condition:
        parts.append(element(dav("error"), [element(condition)]))
    if detail:
        parts.append(element(dav("responsedescription"), detail))
    return element(dav("propstat"), parts)


def found_and_missing(path: str, found: Sequence[Element], missing: Sequence[str], *, minimal: bool) -> Element:
    """The DAV:response of a resource; what it has not is left out where the client cares not (RFC 8144 §2.1)."""
    parts = [href(path)]
    if found or minimal or not missing:
        parts.append(propstat(200, found))
    if missing and not minimal:
        parts.append(propstat(404, [element(name) for name in missing]))
    return element(dav("response"), parts)


def of_status(path: str, status: int, condition: str = "") -> Element:
    """The DAV:response of a resource of which there is but a status."""
    parts = [href(path), status_line(status)]
    if condition:
        parts.append(element(dav("error"), [element(condition)]))
    return element(dav("response"), parts)


def serialized(given: Element) -> str:
    """Within a multistatus, whose root declares our prefixes."""
    text: str = etree.tostring(given, encoding="unicode", with_tail=False)
    return text.replace(_DECLARED, "", 1)


async def multistatus(responses: AsyncIterator[Answer], token: str = "") -> AsyncGenerator[bytes, None]:
    """A DAV:multistatus in pieces, made while it is sent; a sync token comes last (RFC 6578 §6.4)."""
    gathered, length = [f"{_PROLOG}<D:multistatus{_DECLARED}>"], 0
    async for response in responses:
        text = response if isinstance(response, str) else serialized(response)
        gathered.append(text)
        length += len(text)
        if length > _GATHERED:
            yield "".join(gathered).encode()
            gathered, length = [], 0
    if token:
        gathered.append(serialized(element(dav("sync-token"), token)))
    yield "".join((*gathered, "</D:multistatus>")).encode()


def kept_property(text: str) -> Element | None:
    """A property as a client gave it to be kept; None for what is none any more."""
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        kept: Element = etree.fromstring(text, parser)
    except etree.XMLSyntaxError:
        return None
    return kept


def as_kept(given: Element) -> str:
    """A property as it is kept: by itself, with the namespaces that it uses."""
    bare = etree.fromstring(etree.tostring(given, with_tail=False))
    etree.cleanup_namespaces(bare)
    text: str = etree.tostring(bare, encoding="unicode")
    return text
