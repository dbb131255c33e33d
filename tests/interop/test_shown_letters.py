"""Chromium shows the cleaned HTML of a hostile corpus: nothing runs, nobody is asked, nothing is covered.

Without a sandbox and without a policy of the page, so that it is the cleaning alone which is shown to hold.
"""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page

from services.mail.domain.reading.markup import clean
from tests.interop.test_browser import chromium
from tests.mail.hostile_letters import HOSTILE

FRAME = "<!doctype html><meta charset=utf-8><style>{css}</style><div id=letter>{html}</div><p id=below>Fin</p>"


TOUCH = """() => { for (const each of document.querySelectorAll('#letter *'))
  for (const kind of ['mouseover', 'focus', 'load', 'error', 'toggle']) each.dispatchEvent(new Event(kind)); }"""
BELOW = """() => { const at = document.getElementById('below').getBoundingClientRect();
  return document.elementFromPoint(at.left + 1, at.top + 1)?.id }"""


class Shown:
    """A page, what it asked for, and whether a script of a letter ran."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))

    async def letter(self, html: str, css: str = "") -> tuple[list[str], bool]:
        """Touches all that is in it. What is no request to anybody, `data:` and `blocked:`, is left out."""
        self.asked.clear()
        await self.page.evaluate("() => { window.owned = 0 }")
        await self.page.set_content(FRAME.format(css=css, html=html))
        await self.page.evaluate(TOUCH)
        await self.page.wait_for_timeout(20)
        asked = [url for url in self.asked if not url.startswith(("data:", "about:", "blocked:"))]
        return asked, bool(await self.page.evaluate("() => Boolean(window.owned)"))


@pytest.fixture
async def shown() -> AsyncIterator[Shown]:
    async with chromium() as running:
        page = await running.new_page()
        await page.route("**/*", lambda route: route.abort())
        yield Shown(page)


async def test_a_hostile_letter_runs_nothing_and_asks_nobody_in_a_real_browser(shown: Shown) -> None:
    # As it came it does: else what follows would show nothing.
    asked, owned = await shown.letter("<img src=x onerror=window.owned=1><img src=https://beacon.invalid/x>")
    assert owned
    assert "https://beacon.invalid/x" in asked
    for markup in [*HOSTILE, "".join(HOSTILE[:-2])]:
        cleaned = clean(markup)
        assert await shown.letter(cleaned.html, cleaned.css) == ([], False), markup
        assert await shown.page.evaluate(BELOW) in ("below", None), markup


async def test_a_letter_looks_as_it_was_written(shown: Shown) -> None:
    cleaned = clean("<style>p.note{color:#cc0000}</style><p class=note style='text-align:center'>Bonjour</p>")
    await shown.letter(cleaned.html, cleaned.css)
    look = await shown.page.evaluate(
        "() => { const s = getComputedStyle(document.querySelector('p.note')); return [s.color, s.textAlign] }"
    )
    assert look == ["rgb(204, 0, 0)", "center"]
