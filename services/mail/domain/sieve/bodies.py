"""What `body` looks at (RFC 5173): the raw octets, the parts of some types, or the text."""

from collections.abc import Iterator

from services.mail.domain.mime import Kind, Part, Scanner
from services.mail.domain.mime.parameters import parameter
from services.mail.domain.mime.text import decode_text, decoded_body
from services.mail.domain.mime.words import to_text

MAX_PARTS = 100


def raw(body: bytes) -> list[str]:
    return [to_text(body, "utf-8")]


def texts(source: bytes) -> list[str]:
    """Each text part in characters, HTML without its tags (§5.3)."""
    return [
        decode_text(
            source[part.body_start : part.body_end],
            encoding=part.encoding.decode("ascii", "replace"),
            charset=_charset(part),
            content_type=f"text/{part.subtype}",
        )
        for part in _leaves(source)
        if part.maintype == "text"
    ]


def contents(source: bytes, types: list[str]) -> list[str]:
    """Each part of these types ("text", "text/html", or "" for all), decoded, but HTML left as it is (§5.2)."""
    wanted = [each.lower() for each in types]
    return [_content(source, part) for part in _parts(source) if any(_is_of(part, each) for each in wanted)]


def _is_of(part: Part, wanted: str) -> bool:
    main, slash, sub = wanted.partition("/")
    if not wanted:
        return True
    if "/" in sub or (slash and not sub) or not main:
        return False
    return part.maintype == main and (not slash or part.subtype == sub)


def _content(source: bytes, part: Part) -> str:
    if part.kind is Kind.MULTIPART:  # what stands before its first part and after its last
        first, last = part.children[0], part.children[-1]
        around = source[part.body_start : first.header_start], source[last.body_end : part.body_end]
        return "\n".join(to_text(each, "utf-8") for each in around)
    if part.kind is Kind.MESSAGE:
        inner = part.children[0]
        return to_text(source[inner.header_start : inner.body_start], "utf-8")
    octets = decoded_body(source[part.body_start : part.body_end], part.encoding.decode("ascii", "replace"))
    return to_text(octets, _charset(part))


def _charset(part: Part) -> str:
    return parameter(part.parameters, "charset") or "utf-8"


def _leaves(source: bytes) -> Iterator[Part]:
    return (part for part in _parts(source) if part.kind is Kind.LEAF)


def _parts(source: bytes) -> Iterator[Part]:
    """The first hundred, in their order."""
    scanner = Scanner()
    scanner.feed(source)
    waiting = [scanner.close().root]
    for _ in range(MAX_PARTS):
        if not waiting:
            return
        part = waiting.pop()
        yield part
        waiting += reversed(part.children)
