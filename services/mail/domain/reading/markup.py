"""The HTML of a letter made safe: an allow-list by nh3, styles by our own policy, nothing fetched from anywhere.

An image of another server keeps its place with `src="blocked:<n>"`, which no browser fetches; `<n>` counts from 1 in
`Cleaned.images`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import nh3

from services.mail.domain.reading import css
from services.mail.domain.reading.hosts import host_shown, imitates, in_characters, is_mixed, organisation

# Start tags that may nest: html5ever's work grows with depth times number, 0.35 s at this many.
MOST_NESTING = 8_000
MOST_IMAGES, MOST_LINKS = 500, 2_000

TAGS = frozenset(
    (
        "a", "abbr", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center", "cite", "code", "col",
        "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font", "h1", "h2",
        "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "ol", "p", "pre", "q", "s", "samp",
        "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead",
        "time", "tr", "tt", "u", "ul", "var", "wbr",
    )
)  # fmt: skip
# Whose text is no text of the letter.
_WITHOUT_CONTENT = frozenset(
    (
        "script", "style", "title", "head", "object", "embed", "applet", "iframe", "frameset", "noframes",
        "noscript", "template", "svg", "math", "select", "textarea", "audio", "video",
    )
)  # fmt: skip
_EVERYWHERE = frozenset(
    (
        "align", "bgcolor", "class", "dir", "height", "lang", "style", "title", "valign", "width",
    )
)  # fmt: skip
_ATTRIBUTES = {
    "*": _EVERYWHERE,
    "a": frozenset(("href",)),
    "img": frozenset(("alt", "border", "hspace", "src", "srcset", "vspace")),
    "font": frozenset(("color", "face", "size")),
    "ol": frozenset(("start", "type")),
    "ul": frozenset(("type",)),
    "table": frozenset(("background", "border", "cellpadding", "cellspacing", "summary")),
    "td": frozenset(("background", "colspan", "nowrap", "rowspan")),
    "th": frozenset(("background", "colspan", "nowrap", "rowspan", "scope")),
    "tr": frozenset(("background",)),
    "col": frozenset(("span",)),
    "colgroup": frozenset(("span",)),
}
_DATA_IMAGE = re.compile(r"data:image/(?:png|gif|jpe?g|webp);base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE)
_CONTENT_ID = re.compile(r"[^\s\"<>]{1,200}")
_START = re.compile(r"<([A-Za-z][^\s/>]*)")
# Elements that end by themselves where the next begins, and those without content: they make nothing deeper.
_FLAT = frozenset(
    (
        "p", "li", "td", "th", "tr", "tbody", "thead", "tfoot", "dt", "dd", "option", "br", "hr", "img", "meta",
        "link", "base", "col", "input", "wbr", "area", "param",
    )
)  # fmt: skip
_FOREIGN = re.compile(r"<(?:svg|math)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Link:
    """Where a link leads; `shown` is another host that its text shows, or how the host deceives is `disguised`."""

    href: str
    shown: str
    disguised: bool

    @property
    def deceptive(self) -> bool:
        return self.disguised or bool(self.shown)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A letter's HTML and style sheet as they may be shown. `blocked`: what else it wanted from other servers."""

    html: str
    css: str
    # URLs, in the order of their numbers.
    images: tuple[str, ...]
    blocked: int
    links: tuple[Link, ...]


def too_deep(markup: str) -> bool:
    """Whether it could keep a parser busy: more start tags than any letter has. Counts too many rather than too few."""
    names = [name.lower() for name in _START.findall(markup)]
    if len(names) <= MOST_NESTING:
        return False
    return bool(_FOREIGN.search(markup)) or sum(name not in _FLAT for name in names) > MOST_NESTING


def clean(
    markup: str,
    *,
    inline: Mapping[str, str] | None = None,
    ours: tuple[str, ...] = (),
    image: Callable[[int], str] = "blocked:{}".format,
) -> Cleaned:
    """`inline`: the path of each part that a cid: may name. `image`: what stands for an image of another server.

    Give it nothing that is `too_deep`.
    """
    policy = _Policy(inline or {}, image)
    styles = _Styles()
    styles.feed(markup)
    sheet = css.clean_sheet("\n".join(styles.found)) if styles.found else css.Cleaned("", 0)
    links = _Links(_cleaned(markup, policy), ours)
    return Cleaned(links.marked(), sheet.css, tuple(policy.images), policy.blocked + sheet.remote, tuple(links.found))


def clean_own(markup: str, with_parts: bool = True) -> str:
    """HTML that somebody here writes: the same lists, images of the letter itself alone, and no marks.

    Without `with_parts` it has no parts, as a signature. Give it nothing that is `too_deep`.
    """
    return _cleaned(markup, _Policy(_EveryPart() if with_parts else {}, lambda _: None))


class _EveryPart(dict[str, str]):
    """Each `cid:` stands for itself, if it is one."""

    def get(self, content_id: str, _default: Any = None) -> str | None:  # type: ignore[override]
        return f"cid:{content_id}" if _CONTENT_ID.fullmatch(content_id) else None


def content_ids(html: str) -> set[str]:
    """Those that clean HTML of ours names."""
    return set(re.findall(r'src="cid:([^"]+)"', html))


def _cleaned(markup: str, policy: "_Policy") -> str:
    return nh3.clean(
        markup,
        tags=set(TAGS),
        clean_content_tags=set(_WITHOUT_CONTENT),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=policy.attribute,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data", "blocked"},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel="noopener noreferrer nofollow",
    )


class _Policy:
    """What becomes of the attributes that nh3 lets through."""

    def __init__(self, inline: Mapping[str, str], image: Callable[[int], str | None]) -> None:
        self._inline, self._image = inline, image
        self._numbers: dict[str, int] = {}
        self.images: list[str] = []
        self.blocked = 0

    def attribute(self, _tag: str, name: str, value: str) -> str | None:
        if name == "style":
            kept = css.clean_declarations(value)
            self.blocked += kept.remote
            return kept.css or None
        if name == "href":
            return value if _followed(value) else None
        if name == "src":
            return self._source(value.strip())
        if name in ("background", "srcset"):
            self.blocked += 1
            return None
        return value

    def _source(self, value: str) -> str | None:
        scheme, _, rest = value.partition(":")
        if scheme.lower() == "cid":
            return self._inline.get(rest.strip("<> "))
        if _DATA_IMAGE.fullmatch(value):
            return value
        url = f"https:{value}" if value.startswith("//") else value
        if not url.lower().startswith(("http://", "https://")):
            return None
        if url not in self._numbers:
            if len(self.images) >= MOST_IMAGES:
                self.blocked += 1
                return None
            self.images.append(url)
            self._numbers[url] = len(self.images)
        return self._image(self._numbers[url])


def _followed(href: str) -> bool:
    """A link within a letter, or to where we are, would lead into the platform itself."""
    return href.strip().lower().startswith(("http://", "https://", "mailto:", "tel:"))


class _Styles(HTMLParser):
    """The texts of style elements."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []
        self._within = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = tag == "style" and not any(name == "media" and value == "print" for name, value in attrs)

    def handle_endtag(self, tag: str) -> None:
        self._within = self._within and tag != "style"

    def handle_data(self, data: str) -> None:
        if self._within:
            # Old letters hide their styles in comments.
            self.found.append(data.replace("<!--", "").replace("-->", ""))


class _Links(HTMLParser):
    """The links of clean HTML with what their text shows; those that deceive are marked in it."""

    def __init__(self, html: str, ours: tuple[str, ...]) -> None:
        super().__init__(convert_charrefs=True)
        self._html, self._ours = html, ours
        self._lines = [0]
        for line in html.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self._open: tuple[int, str] | None = None
        self._text: list[str] = []
        self._marks: list[tuple[int, str]] = []
        self.found: list[Link] = []
        if "<a" in html:
            self.feed(html)
            self.close()
            self._end()

    def marked(self) -> str:
        """The HTML with `data-deceptive`: the host that a link truly leads to."""
        pieces, at = [], 0
        for where, host in self._marks:
            pieces += [self._html[at:where], f'<a data-deceptive="{escape(host)}"']
            at = where + len("<a")
        return "".join([*pieces, self._html[at:]])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._end()
            line, column = self.getpos()
            self._open = self._lines[line - 1] + column, dict(attrs).get("href") or ""
            self._text = []

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._end()

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._text.append(data)

    def _end(self) -> None:
        if self._open is None:
            return
        where, href = self._open
        self._open = None
        if href and len(self.found) < MOST_LINKS:
            link, host = _link(href, "".join(self._text).strip(), self._ours)
            self.found.append(link)
            if link.deceptive:
                self._marks.append((where, host))


def _link(href: str, text: str, ours: tuple[str, ...]) -> tuple[Link, str]:
    host, disguised = _host(href)
    shown = host_shown(text)
    if shown and host and organisation(shown.removeprefix("www.")) == organisation(host.removeprefix("www.")):
        shown = ""
    disguised = disguised or is_mixed(host) or imitates(host, ours)
    return Link(href, shown if host else "", disguised), host


def _host(href: str) -> tuple[str, bool]:
    """The host that a link leads to, and whether the link hides it behind a name before "@"."""
    try:
        parts = urlsplit(href.strip())
        if parts.scheme == "mailto":
            return in_characters(parts.path.rpartition("@")[2].lower()), False
        return in_characters((parts.hostname or "").lower()), "@" in parts.netloc
    except ValueError:
        return "", True
