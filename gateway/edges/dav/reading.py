"""XML as clients send it, read without any of XML's dangers: no DOCTYPE, no entity, nothing from elsewhere, and so many
octets, elements and levels at most."""

import re

from lxml import etree

from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import Malformed
from gateway.edges.dav.names import dav

MAX_OCTETS = 2 * 1024 * 1024
MAX_ELEMENTS = 50_000
MAX_DEPTH = 40
# Of one request: more names nobody has.
MAX_PROPERTIES = 500
_PIECE = 64 * 1024
_DECLARATION = re.compile(r"\s*<\?xml\s[^>]*?\?>")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def parse(body: bytes) -> Element:
    """The root of a document. Raises `Malformed`."""
    text = _decoded(body)
    # Within a comment or CDATA it would be harmless, and nobody has a reason to write it there.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Malformed("A document type is not taken")
    declared = _DECLARATION.match(text)
    bare = text[declared.end() :] if declared else text
    parser = etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return _fed(parser, bare.encode("utf-8"))
    except etree.XMLSyntaxError as error:
        raise Malformed(f"Not XML: {str(error)[:200]}") from error


def _decoded(body: bytes) -> str:
    if len(body) > MAX_OCTETS:
        raise Malformed(f"More than {MAX_OCTETS} octets of XML")
    try:
        return body.decode("utf-16" if body[:2] in _UTF16 else "utf-8-sig")
    except UnicodeDecodeError:
        raise Malformed("XML is taken in UTF-8 or UTF-16") from None


def _fed(parser: "etree.XMLPullParser[Element]", octets: bytes) -> Element:
    elements = depth = 0
    for start in range(0, len(octets), _PIECE):
        parser.feed(octets[start : start + _PIECE])
        for event, _ in parser.read_events():
            depth += 1 if event == "start" else -1
            elements += event == "start"
            if elements > MAX_ELEMENTS or depth > MAX_DEPTH:
                raise Malformed(f"More than {MAX_ELEMENTS} elements, or deeper than {MAX_DEPTH}")
    root: Element = parser.close()
    return root


def names_in(prop: Element | None) -> list[str]:
    """The names of the properties within a DAV:prop, each once. Raises `Malformed` for too many."""
    names = list(dict.fromkeys(str(child.tag) for child in prop)) if prop is not None else []
    if len(names) > MAX_PROPERTIES:
        raise Malformed(f"More than {MAX_PROPERTIES} properties")
    return names


def text_of(element: Element | None) -> str:
    """The text within an element, its descendants' included."""
    return "".join(str(piece) for piece in element.itertext()).strip() if element is not None else ""


def number_in(limit: Element | None, name: str = dav("nresults")) -> int:
    """What a limit says (RFC 5323 §5.17); 0 where there is none. Raises `Malformed`."""
    if limit is None:
        return 0
    text = text_of(limit.find(name))
    if not text.isascii() or not text.isdigit() or not int(text[:10]) > 0:
        raise Malformed("A limit is a number above 0")
    return int(text[:10])
