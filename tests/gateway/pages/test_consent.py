"""Whether an application of others gets in, and how it is put out again."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.directory.relying import Client, go_on, register
from tests.gateway.pages.conftest import Browser, House, Page

NAME = "Congés <i>& paie"


@pytest.fixture
async def client(house: House) -> Client:
    """An application that people are asked about."""
    return await register(house.stack, house.administrator, first_party=False, name=NAME, scopes=["openid", "email"])


async def asked(client: Client, browser: Browser) -> str:
    """Where the browser is sent to agree."""
    answer = await client.authorize(browser.cookie(), scope="openid email")
    assert answer.consent, answer
    return f"/consent?request={quote(answer.consent, safe='')}"


async def decide(browser: Browser, page: Page, decision: str) -> str:
    """Where the browser goes on after a decision: by a page that any redirect may follow."""
    decided = await browser.send(page, "/consent", decision=decision)
    assert decided.status == 200, decided.text
    (refresh,) = [one for one in decided.elements("meta") if one.get("http-equiv") == "refresh"]
    return refresh["content"].removeprefix("0;url=")


async def test_a_person_lets_an_application_in_and_puts_it_out_again(
    house: House, inside: Browser, client: Client
) -> None:
    page = await inside.open(await asked(client, inside))
    assert page.status == 200
    for said in (NAME, "https://app.example.tg"):
        assert said in page.text
    assert not page.elements("i")
    assert len(page.elements("li")) == 2
    to = await decide(inside, page, "allow")
    assert (await go_on(house.stack, to, inside.cookie())).WhichOneof("outcome") == "respond"

    listed = await inside.open("/account/applications")
    assert NAME in listed.text
    out = await inside.send(listed, "/account/applications")
    assert out.location == "/account/applications?done=revoked"
    assert NAME not in (await inside.open(out.location)).text
    assert (await client.authorize(inside.cookie(), scope="openid email")).consent, "it has to ask again"


async def test_a_person_keeps_an_application_out(house: House, inside: Browser, client: Client) -> None:
    page = await inside.open(await asked(client, inside))
    answer: Any = await go_on(house.stack, await decide(inside, page, "deny"), inside.cookie())
    assert {one.name: one.value for one in answer.respond.parameters}["error"] == "access_denied"
    assert NAME not in (await inside.open("/account/applications")).text


async def test_a_decision_that_was_not_made_on_the_page_is_none(house: House, inside: Browser, client: Client) -> None:
    page = await inside.open(await asked(client, inside))
    forged = await inside.client.post("/consent", data=page.form("/consent") | {"csrf": "", "decision": "allow"})
    assert forged.status_code == 403
    assert (await client.authorize(inside.cookie(), scope="openid email")).consent


async def test_a_request_that_is_not_there_is_said_to_be_gone(house: House, inside: Browser) -> None:
    for request in ("", "nonsense", "%00"):
        assert (await inside.open(f"/consent?request={request}")).status in (400, 404)


async def test_who_is_outside_logs_in_first(house: House, browser: Browser) -> None:
    page = await browser.open("/consent?request=abc")
    assert page.location == "/login?return_to=%2Fconsent%3Frequest%3Dabc"


async def test_the_scopes_are_said_in_the_language_at_hand(house: House, inside: Browser, client: Client) -> None:
    path = await asked(client, inside)
    french = await inside.open(path)
    await inside.open("/language/en")
    english = await inside.open(path)
    assert "demande un accès" in french.text
    assert "asks for access" in english.text
    assert french.text.split("elle veut :")[1][:40] != english.text.split("it wants to:")[1][:40]
