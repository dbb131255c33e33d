"""The HTML of a letter made safe: an allow-list by nh3, styles by our own policy, nothing fetched from anywhere.

An image of another server keeps its place with `src="blocked:<n>"`, which no browser fetches; `<n>` counts from 1 in
`Cleaned.images`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape, unescape
from urllib.parse import urlsplit

import nh3

from services.mail.domain.reading import css
from services.mail.domain.reading.hosts import host_shown, imitates, in_characters, is_mixed, organisation

# Start tags that may nest: html5ever's work grows with depth times number, 0.35 s at this many.
MOST_NESTING = 8_000
MOST_WORK = 100_000_000
# And with the square of the number of character references in one text.
MOST_REFERENCES = 50_000
MOST_IMAGES, MOST_LINKS = 500, 2_000
# Characters of all different style attributes of a letter, and of the text of a link that is looked at.
MOST_STYLES, LONGEST_SHOWN = 100_000, 4_000

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
_STYLE, _STYLE_END = re.compile(r"<style\b", re.IGNORECASE), re.compile(r"</style\b", re.IGNORECASE)
_CLEAN_TAG = re.compile(r'<(/?[a-z][a-z0-9]*)((?: [^\s=>"]+="[^"]*")*)>')
_HREF = re.compile(r' href="([^"]*)"')
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
    """Whether it could keep a parser busy: more than any letter has. Counts too much rather than too little."""
    names = [name.lower() for name in _START.findall(markup)]
    if names.count("a") > MOST_LINKS or markup.count("&") > MOST_REFERENCES:
        return True
    nesting = len(names) if _FOREIGN.search(markup) else sum(name not in _FLAT for name in names)
    return nesting > MOST_NESTING or nesting * len(names) > MOST_WORK


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
    policy = _Policy((inline or {}).get, image)
    sheet = css.clean_sheet("\n".join(_styles(markup)))
    html, links = _marked(_cleaned(markup, policy), ours)
    return Cleaned(html, sheet.css, tuple(policy.images), policy.blocked + sheet.remote, tuple(links))


def clean_own(markup: str, with_parts: bool = True) -> str:
    """HTML that somebody here writes: the same lists, images of the letter itself alone, and no marks.

    Without `with_parts` it has no parts, as a signature. Give it nothing that is `too_deep`.
    """
    return _cleaned(markup, _Policy(_itself if with_parts else lambda _: None, lambda _: None))


def _itself(content_id: str) -> str | None:
    """Each `cid:` stands for itself, if it is one."""
    return f"cid:{content_id}" if _CONTENT_ID.fullmatch(content_id) else None


def content_ids(html: str) -> set[str]:
    """Those that clean HTML of ours names."""
    return {unescape(found) for found in re.findall(r'src="cid:([^"]+)"', html)}


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

    def __init__(self, inline: Callable[[str], str | None], image: Callable[[int], str | None]) -> None:
        self._inline, self._image = inline, image
        self._numbers: dict[str, int] = {}
        self._styles: dict[str, css.Cleaned] = {}
        self._left = MOST_STYLES
        self.images: list[str] = []
        self.blocked = 0

    def attribute(self, _tag: str, name: str, value: str) -> str | None:
        if name == "style":
            return self._style(value)
        if name == "href":
            return value if _followed(value) else None
        if name == "src":
            return self._source(value.strip())
        if name in ("background", "srcset"):
            self.blocked += 1
            return None
        return value

    def _style(self, value: str) -> str | None:
        """Most letters repeat a few; of one that does not, what is beyond the limit is left out."""
        kept = self._styles.get(value)
        if kept is None:
            self._left -= len(value)
            kept = css.clean_declarations(value) if self._left >= 0 else css.Cleaned("", 0)
            self._styles[value] = kept
        self.blocked += kept.remote
        return kept.css or None

    def _source(self, value: str) -> str | None:
        scheme, _, rest = value.partition(":")
        if scheme.lower() == "cid":
            return self._inline(rest.strip("<> "))
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


def _styles(markup: str) -> Iterator[str]:
    """The texts of style elements. (The standard library's parser takes minutes for a MiB of "<".)"""
    at = 0
    while (found := _STYLE.search(markup, at)) is not None:
        begin = markup.find(">", found.end()) + 1
        end = _STYLE_END.search(markup, begin) if begin else None
        if end is None:
            return
        # Old letters hide their styles in comments.
        yield markup[begin : end.start()].replace("<!--", "").replace("-->", "")
        at = end.end()


def _marked(html: str, ours: tuple[str, ...]) -> tuple[str, list[Link]]:
    """Clean HTML in which links that deceive have `data-deceptive`, the host that they truly lead to; and all links.

    What nh3 writes is so regular that its tags are exactly these: "<" stands in no text.
    """
    links: list[Link] = []
    marks: list[tuple[int, str]] = []
    begun: tuple[int, int, str] | None = None
    for tag in _CLEAN_TAG.finditer(html):
        if tag[1] not in ("a", "/a"):
            continue
        if begun is not None:
            where, text, href = begun
            link, host = _link(href, _shown_text(html[text : tag.start()]), ours)
            links.append(link)
            if link.deceptive:
                marks.append((where, host))
        href_found = _HREF.search(tag[2]) if tag[1] == "a" else None
        begun = (tag.start(), tag.end(), unescape(href_found[1])) if href_found is not None else None
    pieces, at = [], 0
    for where, host in marks:
        pieces += [html[at:where], f'<a data-deceptive="{escape(host)}"']
        at = where + len("<a")
    return "".join([*pieces, html[at:]]), links


def _shown_text(html: str) -> str:
    return unescape(_CLEAN_TAG.sub("", html[:LONGEST_SHOWN])).strip()


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
