"""The CSS that a letter may bring: properties that paint its own words, and nothing that fetches, covers or runs."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import tinycss2

# Characters of one style attribute, and of all style sheets of a letter.
MOST_IN_ATTRIBUTE, MOST_IN_SHEETS = 4_000, 100_000

_BOX = {f"{kind}{side}" for kind in ("margin", "padding") for side in ("", "-top", "-right", "-bottom", "-left")}
_BORDER = {
    f"border{side}{kind}"
    for side in ("", "-top", "-right", "-bottom", "-left")
    for kind in ("", "-width", "-style", "-color")
}
PROPERTIES = frozenset(
    {
        *_BOX, *_BORDER, "background", "background-color", "border-collapse", "border-radius", "border-spacing",
        "caption-side", "clear", "color", "direction", "display", "empty-cells", "float", "font", "font-family",
        "font-size", "font-style", "font-variant", "font-weight", "height", "letter-spacing", "line-height",
        "list-style-position", "list-style-type", "max-height", "max-width", "min-height", "min-width",
        "overflow-wrap", "table-layout", "text-align", "text-decoration", "text-indent", "text-transform",
        "vertical-align", "white-space", "width", "word-break", "word-spacing", "word-wrap",
    }
)  # fmt: skip
_FUNCTIONS = frozenset(("rgb", "rgba", "hsl", "hsla"))
_VALUES = frozenset(("ident", "number", "percentage", "dimension", "string", "hash", "whitespace", "literal"))
_SELECTORS = _VALUES | {"[] block"}
_MEDIA = frozenset(("ident", "number", "dimension", "whitespace", "literal", "() block"))
# A value below zero would lay a letter's words over others.
_NOT_NEGATIVE = frozenset((*_BOX, "text-indent", "letter-spacing", "word-spacing"))
_DISPLAYS = frozenset(
    (
        "block", "inline", "inline-block", "list-item", "none", "table", "table-caption", "table-cell",
        "table-row", "table-row-group",
    )
)  # fmt: skip


class Cleaned(NamedTuple):
    """What is left of some CSS, and how many things of other servers it asked for."""

    css: str
    remote: int


def clean_declarations(text: str) -> Cleaned:
    """Of a style attribute. What cannot be read is left out."""
    if len(text) > MOST_IN_ATTRIBUTE:
        return Cleaned("", 0)
    return _declarations(tinycss2.parse_blocks_contents(text, skip_comments=True, skip_whitespace=True))


def clean_sheet(text: str) -> Cleaned:
    """Of style elements: rules and `@media` with rules; no other at-rule. Selectors stay as they are."""
    if len(text) > MOST_IN_SHEETS:
        return Cleaned("", 0)
    return _rules(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True), media=True)


def _rules(nodes: Iterable[Any], *, media: bool) -> Cleaned:
    kept, remote = [], 0
    for node in nodes:
        if node.type == "qualified-rule" and _only(node.prelude, _SELECTORS):
            inner = _declarations(tinycss2.parse_blocks_contents(node.content, skip_comments=True))
        elif node.type == "at-rule" and media and node.lower_at_keyword == "media" and node.content is not None:
            inner = _rules(tinycss2.parse_rule_list(node.content, skip_comments=True), media=False)
            if not _only(node.prelude, _MEDIA):
                inner = Cleaned("", inner.remote)
        else:
            remote += _remote(node.content or []) + _remote(node.prelude) if hasattr(node, "content") else 0
            continue
        remote += inner.remote
        if inner.css:
            before = "@media" if node.type == "at-rule" else ""
            kept.append(f"{before}{tinycss2.serialize(node.prelude).rstrip()}{{{inner.css}}}")
    return _sound("".join(kept), remote)


def _declarations(nodes: Iterable[Any]) -> Cleaned:
    kept, remote = [], 0
    for node in nodes:
        if node.type != "declaration":
            continue
        remote += _remote(node.value)
        if _allowed(node.lower_name, node.value):
            mark = " !important" if node.important else ""
            kept.append(f"{node.lower_name}:{tinycss2.serialize(node.value).strip()}{mark}")
    return _sound(";".join(kept), remote)


def _sound(css: str, remote: int) -> Cleaned:
    # Within a style element only "<" could end it; nothing that is kept has a need of it.
    return Cleaned("" if "<" in css else css, remote)


def _allowed(name: str, value: Sequence[Any]) -> bool:
    if name not in PROPERTIES or not _only(value, _VALUES):
        return False
    if name in _NOT_NEGATIVE and any(getattr(token, "value", 0) < 0 for token in value if _numeric(token)):
        return False
    return name != "display" or all(token.type == "whitespace" or _is_display(token) for token in value)


def _is_display(token: Any) -> bool:
    return token.type == "ident" and token.lower_value in _DISPLAYS


def _numeric(token: Any) -> bool:
    return token.type in ("number", "percentage", "dimension")


def _only(tokens: Iterable[Any], kinds: frozenset[str]) -> bool:
    """Whether there is nothing but tokens of these kinds, within functions of colours and within blocks too."""
    for token in tokens:
        if token.type == "function":
            if token.lower_name not in _FUNCTIONS or not _only(token.arguments, _VALUES):
                return False
        elif token.type not in kinds or (token.type in ("[] block", "() block") and not _only(token.content, _VALUES)):
            return False
    return True


def _remote(tokens: Iterable[Any]) -> int:
    """How many things of other servers these tokens name, however deep."""
    found, waiting = 0, list(tokens)
    while waiting:
        token = waiting.pop()
        if token.type == "url":
            found += not token.value.lower().startswith("data:")
        elif token.type == "function" and token.lower_name in ("url", "image", "image-set", "-webkit-image-set"):
            found += 1
        else:
            waiting.extend(getattr(token, "content", None) or getattr(token, "arguments", None) or ())
    return found
