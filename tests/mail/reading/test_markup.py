"""HTML of letters made safe: a hostile corpus, and properties that hold for whatever is sent."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.mail.domain.reading.css import PROPERTIES, clean_declarations, clean_sheet
from services.mail.domain.reading.markup import TAGS, clean, too_deep
from tests.mail.hostile_letters import HOSTILE

ATTRIBUTES = frozenset(
    "align alt bgcolor border cellpadding cellspacing class color colspan data-deceptive dir face height href hspace"
    " lang nowrap rel rowspan scope size span src start style summary target title type valign vspace width".split()
)
PIECES = st.sampled_from(
    [*HOSTILE, "<p>", "</p>", "<div style='", "'", '"', ">", "<", "&lt;", "--", "<!--", "<table>", "<td>", "</table>",
     "<a href=", "<style>", "</style>", "p{color:red}", "url(", ")", "\\", "/*", "*/", "\x00", "é", "<svg>", "<b><i>"]
)  # fmt: skip


class Found(HTMLParser):
    """What a browser would make of it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def check_safe(html: str, css: str) -> None:
    for tag, attributes in Found(html).tags:
        assert tag in TAGS, tag
        assert attributes.keys() <= ATTRIBUTES, (tag, attributes)
        href, source = attributes.get("href"), attributes.get("src")
        assert href is None or re.match(r"\s*(https?://|mailto:|tel:)", href, re.IGNORECASE), href
        assert source is None or re.match(r"blocked:\d+$|data:image/(png|gif|jpe?g|webp);base64,|/parts/", source), (
            source
        )
        check_css(attributes.get("style") or "")
    assert "<" not in css
    check_css(css)


def check_css(css: str) -> None:
    assert not re.search(r"url\(|@import|@font-face|expression|position|z-index|var\(|image-set", css, re.IGNORECASE), (
        css
    )


@pytest.mark.parametrize("markup", HOSTILE)
def test_nothing_of_a_hostile_letter_runs_asks_or_covers(markup: str) -> None:
    cleaned = clean(f"<p>avant</p>{markup}", inline={"logo": "/parts/2"})
    check_safe(cleaned.html, cleaned.css)
    assert "avant" in cleaned.html


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES | st.text(max_size=12), max_size=12))
def test_whatever_is_sent_what_is_shown_is_on_the_list(pieces: list[str]) -> None:
    cleaned = clean("".join(pieces), inline={"logo": "/parts/2"})
    check_safe(cleaned.html, cleaned.css)
    again = clean(cleaned.html)
    assert [tag for tag, _ in Found(again.html).tags] == [tag for tag, _ in Found(cleaned.html).tags]


def test_an_ordinary_letter_looks_as_it_was_written() -> None:
    cleaned = clean(
        "<html><head><title>T</title><style><!-- p.note{color:#c00;margin:0 4px}"
        "@media (max-width:600px){td{width:100%}} --></style>"
        "</head><body><p class=note style='text-align:center;font-family:\"Segoe UI\",sans-serif'>Bonjour"
        " &amp; merci</p><table width=600 bgcolor='#eeeeee'><tr><td colspan=2>x</td></tr></table><img src=cid:logo"
        " alt=Armoiries></body></html>",
        inline={"logo": "/parts/2"},
    )
    assert 'class="note"' in cleaned.html
    assert 'style="text-align:center;font-family:&quot;Segoe UI&quot;,sans-serif"' in cleaned.html
    assert 'src="/parts/2"' in cleaned.html
    assert 'colspan="2"' in cleaned.html
    assert cleaned.css == "p.note{color:#c00;margin:0 4px}@media (max-width:600px){td{width:100%}}"
    assert (cleaned.blocked, cleaned.images) == (0, ())


def test_images_of_other_servers_are_numbered_and_not_asked_for() -> None:
    markup = (
        "<img src='http://a.example/1.png'><img src='//b.example/2.png'><img src='http://a.example/1.png'>"
        "<td background='http://c.example/'><p style='background:url(http://d.example/)'>x"
    )
    blocked = clean(markup)
    assert blocked.images == ("http://a.example/1.png", "https://b.example/2.png")
    assert re.findall(r'src="([^"]+)"', blocked.html) == ["blocked:1", "blocked:2", "blocked:1"]
    assert blocked.blocked == 1  # a cell outside a table is none
    shown = clean(markup, image=lambda number: f"/v1/{number}")
    assert re.findall(r'src="([^"]+)"', shown.html) == ["/v1/1", "/v1/2", "/v1/1"]
    assert clean("<img src='blocked:7'><img src='/v1/x'><img src='file:///etc/passwd'>").html == "<img><img><img>"


@pytest.mark.parametrize(
    ("href", "text", "deceives"),
    [
        ("https://evil.example/x", "https://impots.gouv.tg/payer", True),
        ("https://evil.example/x", "impots.gouv.tg", True),
        ("https://evil.example/x", "agent1@numerique.gouv.tg", True),
        ("https://impots.gouv.tg/x", "www.impots.gouv.tg", False),
        ("https://www.example.org/x", "example.org", False),
        ("https://example.org/x", "Cliquez ici", False),
        ("https://example.org/x", "rapport.pdf", False),
        ("https://gouv.tg@example.org/", "ici", True),
        ("https://g0uv.tg/", "ici", True),
        ("https://gouv.tg.example.org/", "ici", True),
        ("https://xn--guv-sed.tg/", "ici", True),
        ("mailto:agent1@numerique.gouv.tg", "agent1@numerique.gouv.tg", False),
        ("mailto:x@evil.example", "agent1@numerique.gouv.tg", True),
        ("tel:+22890000000", "+228 90 00 00 00", False),
    ],
)
def test_links_are_shown_as_they_are_and_those_that_deceive_are_marked(href: str, text: str, deceives: bool) -> None:
    cleaned = clean(f"<p title='<a href=x>'>Voir <a href='{href}'><b>{text}</b></a>.</p>", ours=("gouv.tg",))
    (link,) = cleaned.links
    assert (link.href, link.deceptive) == (href, deceives)
    (attributes,) = [attributes for tag, attributes in Found(cleaned.html).tags if tag == "a"]
    assert attributes["target"] == "_blank"
    assert attributes["rel"] == "noopener noreferrer nofollow"
    assert ("data-deceptive" in attributes) == deceives


def test_what_would_keep_a_parser_busy_is_too_deep() -> None:
    assert too_deep("<div>" * 10_000)
    assert too_deep("<div><!--</div>-->" * 10_000)
    assert too_deep("<svg>" + "<td>" * 10_000)
    assert too_deep("<x>" * 9_000)
    assert not too_deep("<table>" + "<tr><td>x</td></tr>" * 20_000 + "</table>")
    assert not too_deep("<div>x</div>" * 2_000)
    assert too_deep("&" * 60_000)
    assert too_deep("<font color=1>" * 7_000 + "<p>x" * 50_000)
    assert too_deep("<a href=x>" * 2_001)
    assert not too_deep("<p>L&rsquo;&eacute;t&eacute;&nbsp;!</p>" * 10_000)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_styles_never_break_and_never_name_what_is_not_listed(text: str) -> None:
    for css in (clean_declarations(text).css, clean_sheet(f"p{{{text}}}").css, clean_sheet(text).css):
        check_css(css)
    names = re.findall(r"(?:^|;)([a-z-]+):", clean_declarations(text).css)
    assert set(names) <= PROPERTIES


def test_giant_styles_are_left_out_in_no_time() -> None:
    assert clean_declarations("color:red;" * 1_000).css == ""
    assert clean_sheet("p{color:red}" * 20_000).css == ""
    assert clean_declarations("width:" + "(" * 3_000).css == ""
    assert clean_sheet("@media " * 10_000).css == ""
    assert clean_sheet("[" * 50_000).css == ""


def test_a_mib_of_whatever_is_hostile_takes_no_longer_than_a_mib_of_text() -> None:
    """By work, not by the clock: styles are read until a limit, and style elements found without a parser."""
    many = "".join(f"<p style='color:#{number:06x}'>x</p>" for number in range(20_000))
    kept = clean(many).html.count("style=")
    assert 5_000 < kept < 10_000
    repeated = clean("<p style='color:red'>x</p>" * 20_000).html
    assert repeated.count("style=") == 20_000
    for opened in ("<!" * 300_000, "<" * 300_000, "<style>" * 7_000, "<style x"):
        assert clean(f"<style>p{{color:red}}</style>{opened}").css == "p{color:red}"
