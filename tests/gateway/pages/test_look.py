"""What every page owes to people: their language, their means, little weight, no surprise."""

import re
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from workspace.directory.v1 import directory_pb2 as pb

from gateway.edges.pages import desk
from gateway.edges.pages.routes import PAGES
from gateway.edges.pages.words import LANGUAGES, Words, catalogue, preferred
from tests.gateway.pages.conftest import AGENT, Browser, House, Page

OUTSIDE = ("/", "/login", "/logout")
MOST_OCTETS = 50_000


async def _every_page(house: House) -> dict[str, Page]:
    """Each page as it is first seen, from outside and from inside."""
    outside, inside = house.browser(), house.browser()
    await inside.log_in()
    seen = {f"{path} (outside)": await outside.open(path) for path in OUTSIDE}
    for path in PAGES:
        page = await inside.open(path.replace("{language}", "fr"))
        assert page.status in (200, 303, 404), (path, page.text)
        if page.status == 200:
            seen[path] = page
    return seen


async def test_every_page_is_light_and_loads_only_what_is_ours(house: House) -> None:
    client = house.browser().client
    for name, page in (await _every_page(house)).items():
        octets = len(page.answer.content)
        loaded = [one["href"] for one in page.elements("link")]
        loaded += [one["src"] for tag in ("script", "img") for one in page.elements(tag)]
        for address in {one for one in loaded if not one.startswith("data:")}:
            assert address.startswith("/assets/"), (name, address)
            answer = await client.get(address)
            assert answer.status_code == 200
            assert "immutable" in answer.headers["cache-control"]
            octets += len(answer.content)
        assert octets < MOST_OCTETS, (name, octets)


async def test_a_path_with_nothing_is_a_page_for_people_and_a_problem_for_programs(house: House) -> None:
    browser = house.browser()
    await browser.log_in()
    accept = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for path in ("/acount", "/account/sesions", "/v2"):
        answer = await browser.client.get(path, headers=accept)
        page = Page(answer)
        assert answer.status_code == 404
        assert "Cela n’existe pas" in page.text
        assert "Se déconnecter" in page.text
        assert {"href": "/", "class": "button"} in page.elements("a")
        for other in ("*/*", "application/json"):
            told = await browser.client.get(path, headers={"accept": other})
            assert (told.status_code, told.json()["reason"]) == (404, "not_found")
        sent = await browser.client.post(path, headers=accept, data={})
        assert (sent.status_code, sent.headers["content-type"]) == (404, "application/problem+json")
    # Where there is something for programs only, a browser is not told that there is nothing.
    assert (await browser.client.get("/v1/nothing", headers=accept)).json()["reason"] == "not_found"


async def test_no_page_has_inline_script_or_style(house: House) -> None:
    for name, page in (await _every_page(house)).items():
        policy = page.answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy, name
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'self'" in policy
        assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=|javascript:", page.answer.text), name


async def test_no_page_is_kept_by_caches_nor_shown_in_frames(house: House) -> None:
    for name, page in (await _every_page(house)).items():
        assert page.answer.headers["cache-control"] == "no-store", name
        assert page.answer.headers["referrer-policy"] == "same-origin"


async def test_every_page_can_be_used_with_a_keyboard_and_a_screen_reader(house: House) -> None:
    for name, page in (await _every_page(house)).items():
        (html,) = page.elements("html")
        assert html["lang"] in LANGUAGES, name
        assert len(page.elements("h1")) == 1, name
        assert len(page.elements("main")) == 1
        assert page.elements("a")[0]["href"] == "#content", "first of all, a way past the header"
        ids = [one["id"] for _, one in page.reader.elements if "id" in one]
        assert len(ids) == len(set(ids)), name
        labelled = {one["for"] for one in page.elements("label")}
        for field in page.elements("input") + page.elements("select"):
            if field.get("type") != "hidden" and field.get("aria-hidden") != "true":
                assert field.get("id") in labelled, (name, field)
            for described in field.get("aria-describedby", "").split():
                assert described in ids, (name, described)
        assert all("alt" in one for one in page.elements("img")), name
        assert not [one for _, one in page.reader.elements if int(one.get("tabindex", "0")) > 0]


async def test_french_comes_first_and_english_is_one_link_away(browser: Browser) -> None:
    page = await browser.open("/login")
    assert page.elements("html")[0]["lang"] == "fr"
    assert "Mot de passe" in page.text
    link = next(one for one in page.elements("a") if one.get("hreflang") == "en")
    chosen = await browser.open(link["href"])
    assert (chosen.status, chosen.location) == (303, "/login")
    english = await browser.open("/login")
    assert english.elements("html")[0]["lang"] == "en"
    assert "Password" in english.text
    # A choice counts more than what the browser is set to.
    assert "Password" in (await browser.open("/login", **{"accept-language": "fr"})).text
    assert (await browser.open("/language/de")).status == 404
    assert (await browser.open("/language/en?return_to=//evil.example")).location == "/account"


async def test_the_browsers_language_counts_until_one_is_chosen(browser: Browser) -> None:
    assert "Password" in (await browser.open("/login", **{"accept-language": "en-GB,fr;q=0.5"})).text


async def test_a_persons_own_language_comes_with_the_login(house: House, browser: Browser) -> None:
    account = pb.Account(id=house.agent.account.id, profile=pb.Profile(language="en"))
    request = pb.UpdateAccountRequest(account=account, update_mask=FieldMask(paths=["profile.language"]))
    await house.stack.cli.accounts.UpdateAccount(request, **house.administrator.said)
    await browser.log_in()
    assert (await browser.open("/account")).elements("html")[0]["lang"] == "en"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "fr"), ("en", "en"), ("EN-us", "en"), ("fr-TG, en;q=0.9", "fr"), ("de, en;q=0.3", "en"), ("de", "fr"),
        ("en;q=0", "fr"), ("en;q=x, fr;q=0.1", "fr"), ("en;q=9", "fr"), (",;,=", "fr"), ("en;q=nan", "fr"),
    ],
)  # fmt: skip
def test_a_language_is_taken_from_what_the_browser_accepts(accepted: str, language: str) -> None:
    assert preferred(accepted) == language


def test_every_word_is_there_in_both_languages_and_is_said_somewhere() -> None:
    words = catalogue()
    folder = desk.ASSETS.parent
    sources = [*folder.glob("*.py"), *folder.glob("templates/*.html")]
    said = "\n".join(file.read_text(encoding="utf-8") for file in sources)
    for name, word in words.items():
        assert set(word) == set(LANGUAGES), name
        assert all(text.strip() for text in word.values()), name
        places = {language: set(re.findall(r"\{(\w*)\}", text)) for language, text in word.items()}
        assert places["fr"] == places["en"], name
        assert _said(name, said), f"nobody says {name}"
    for name in re.findall(r"(?:\b_|words)\(\s*['\"]([a-z_]+\.[a-z0-9_]*[a-z0-9])['\"]", said):
        assert name in words, f"nobody wrote {name}"


def _said(name: str, sources: str) -> bool:
    """By its whole name, or by the beginning that a page ends with what is at hand."""
    section, _, own = name.partition(".")
    plain = re.sub(r"_(one|many)$", "", name)
    begun = {f"{section}.", f"{section}.{own.partition('_')[0]}_"}
    whole = [(word, quote) for word in (name, plain, f".{own}") for quote in "'\""]
    return any(
        f"{quote}{word}{end}" in sources
        for quote in "'\""
        for word, end in [*whole, *((start, end) for start in begun for end in "'\"{")]
    )


def test_durations_are_said_as_people_say_them() -> None:
    french, english = (Words(language, catalogue()) for language in ("fr", "en"))
    assert [french.duration(s) for s in (0, 0.2, 1.5, 59, 60, 61, 900, 7200)] == [
        "1 seconde", "1 seconde", "2 secondes", "59 secondes", "1 minute", "2 minutes", "15 minutes", "2 heures",
    ]  # fmt: skip
    assert english.duration(61) == "2 minutes"


async def test_a_name_is_shown_and_not_run(house: House, browser: Browser) -> None:
    hostile = "<script>alert(1)</script>\"'"
    account = pb.Account(id=house.agent.account.id, display_name=hostile, profile=pb.Profile(title="<img src=x>"))
    request = pb.UpdateAccountRequest(account=account, update_mask=FieldMask(paths=["display_name", "profile.title"]))
    await house.stack.cli.accounts.UpdateAccount(request, **house.administrator.said)
    await browser.log_in()
    page = await browser.open("/account")
    assert hostile in page.text
    assert "<img src=x>" in page.text
    assert not page.elements("script")
    typed = await house.browser().log_in('"><script>x</script>', "wrong")
    assert [one["src"] for one in typed.elements("script")] == [desk.asset("passkeys.js")]
    assert typed.form("/login")["address"] == '"><script>x</script>'


async def test_the_front_page_says_who_is_logged_in(house: House, browser: Browser) -> None:
    assert "/login" in [one.get("href") for one in (await browser.open("/")).elements("a")]
    await browser.log_in()
    page = await browser.open("/")
    assert house.agent.account.display_name in page.text
    assert {"/account", "/logout"} <= {one.get("href") for one in page.elements("a")}


async def test_what_is_not_there_is_said_as_before(browser: Browser) -> None:
    """Paths that are no page answer programs."""
    answer: Any = (await browser.open("/nothing")).answer
    assert answer.json()["reason"] == "not_found"
    assert AGENT not in answer.text


def _luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(2 * one for one in digits) if len(digits) == 3 else digits
    linear = []
    for at in (0, 2, 4):
        share = int(digits[at : at + 2], 16) / 255
        linear.append(share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4)
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_colours_have_contrast_enough(theme: int) -> None:
    """WCAG 2.2: 4.5 for text (1.4.3), 3 for the edges of fields (1.4.11)."""
    style = (desk.ASSETS / "pages.css").read_text()
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]+)", re.findall(r":root \{[^}]+\}", style)[theme]))
    text = [("ink", "ground"), ("muted", "ground"), ("muted", "paper"), ("green", "paper"), ("green", "ground")]
    text += [("green", "green-soft"), ("red", "paper"), ("red", "red-soft"), ("ink", "red-soft"), ("paper", "green")]
    edges = [("line", "paper"), ("line", "ground"), ("green", "ground")]
    for least, pairs in ((4.5, text), (3, edges)):
        for one, other in pairs:
            low, high = sorted((_luminance(colours[one]), _luminance(colours[other])))
            assert (high + 0.05) / (low + 0.05) >= least, (one, other)
