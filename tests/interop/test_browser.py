"""Chromium, as an agent uses it: passkeys of a virtual authenticator, and a session that is ended from elsewhere."""

import asyncio
import contextlib
import imaplib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from shutil import which
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.e2e.clients import Agent
from tests.running import RunningStack

# How long a session that was ended may still be heard.
SECONDS = 5
# It asks nobody for anything but the page.
ARGUMENTS = (
    "--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
)  # fmt: skip


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    path = which("chromium")
    if path is None:
        pytest.skip("no chromium; apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        await browser.close()


async def authenticator(page: Page) -> Any:
    """A passkey device that says yes by itself; it stays with the page's tab."""
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session


async def log_in(page: Page, agent: Agent) -> None:
    await page.goto(f"{agent.stack.local['http']}/login")
    await page.get_by_label("Adresse de courrier").fill(agent.address)
    await page.get_by_label("Mot de passe", exact=True).fill(agent.password)
    await page.get_by_role("button", name="Se connecter", exact=True).click()
    await page.wait_for_url("**/account")


async def add_passkey(page: Page, http: str) -> None:
    await page.goto(f"{http}/account/second-factor")
    await page.get_by_label("Nom de la nouvelle clé").fill("Téléphone de service")
    await page.get_by_role("button", name="Ajouter une clé d’accès").click()
    # The first second factor brings recovery codes.
    await page.get_by_role("link", name="Je les ai gardés").click()
    await page.get_by_text("Téléphone de service").first.wait_for()


async def log_in_by_passkey(page: Page, http: str) -> None:
    await page.goto(f"{http}/login")
    await page.get_by_role("button", name="Se connecter avec une clé d’accès").click()
    await page.wait_for_url("**/account")


async def test_an_agent_logs_in_with_a_passkey_and_removes_it(stack: RunningStack) -> None:
    agent = Agent(stack, "agent2@numerique.gouv.tg")
    http = stack.local["http"]
    async with chromium() as browser:
        context = await browser.new_context(locale="fr-FR")
        page = await context.new_page()
        await authenticator(page)
        await log_in(page, agent)
        await add_passkey(page, http)
        await page.goto(f"{http}/logout")
        await page.get_by_role("button", name="Se déconnecter").click()
        await log_in_by_passkey(page, http)
        assert agent.address in await page.inner_text("main")
        # It is the second factor of who types the password, too.
        await page.goto(f"{http}/login?prompt=login")
        await page.get_by_label("Mot de passe", exact=True).fill(agent.password)
        await page.get_by_role("button", name="Se connecter", exact=True).click()
        await page.get_by_role("button", name="Utiliser une clé d’accès").click()
        await page.wait_for_url("**/account")
        await page.goto(f"{http}/account/second-factor")
        row = page.locator("li", has_text="Téléphone de service")
        await row.locator("summary", has_text="Retirer").click()
        await row.get_by_role("button", name="Retirer").click()
        await page.get_by_text("La clé d’accès est retirée.").wait_for()


PAGES = (
    "/", "/account", "/account/password", "/account/second-factor", "/account/app-passwords", "/account/sessions",
    "/account/applications", "/logout", "/login?prompt=login", "/login/reset", "/activate",
)  # fmt: skip


# What a front end in the browser does: the passkey's own session, by the REST API.
TOKEN_BY_PASSKEY = """async () => {
  const send = async (path, body) => {
    const answer = await fetch(path, {
      method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify(body),
    });
    return answer.json();
  };
  const {state, options_json} = await send("/v1/sessions:beginPasskey", {});
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(options_json));
  const credential = await navigator.credentials.get({publicKey});
  const finished = {state, credential_json: JSON.stringify(credential.toJSON())};
  return (await send("/v1/sessions:finishPasskey", finished)).access_token;
}"""


def imap_with(agent: Agent, token: str) -> imaplib.IMAP4_SSL:
    client = imaplib.IMAP4_SSL(*agent.stack.address("imaps"), ssl_context=agent.tls, timeout=20)
    client.authenticate("OAUTHBEARER", lambda _: f"n,a={agent.address},\x01auth=Bearer {token}\x01\x01".encode())
    client.select("INBOX")
    return client


def closed_within(client: imaplib.IMAP4_SSL, until: float) -> float:
    """When the server ended the connection."""
    client.sock.settimeout(max(0.1, until - time.monotonic()))
    with contextlib.suppress(OSError):
        while client.sock.recv(4096):
            pass
        return time.monotonic()
    return float("inf")


async def rest_refused(http: str, token: str, until: float) -> float:
    async with httpx.AsyncClient(base_url=http, headers={"authorization": f"Bearer {token}"}) as client:
        while time.monotonic() < until:
            if (await client.get("/v1/me")).status_code == 401:
                return time.monotonic()
            await asyncio.sleep(0.1)
    return float("inf")


async def socket_closed(socket: Any, until: float) -> float:
    with contextlib.suppress(ConnectionClosed, TimeoutError):
        async with asyncio.timeout_at(asyncio.get_running_loop().time() + until - time.monotonic()):
            while True:
                await socket.recv()
    return time.monotonic() if socket.state.name == "CLOSED" else float("inf")


async def test_a_session_ended_from_another_closes_everywhere(stack: RunningStack) -> None:
    agent = Agent(stack, "directeur@numerique.gouv.tg")
    http = stack.local["http"]
    async with chromium() as browser:
        first = await (await browser.new_context(locale="fr-FR")).new_page()
        await authenticator(first)
        await log_in(first, agent)
        await add_passkey(first, http)
        token = await first.evaluate(TOKEN_BY_PASSKEY)
        imap = await asyncio.to_thread(imap_with, agent, token)
        address = http.replace("http://", "ws://") + "/v1/push"
        async with connect(address, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
            await socket.recv()
            # "Terminer toutes les autres", as after a theft.
            await first.goto(f"{http}/account/sessions")
            await first.locator("summary", has_text="Terminer toutes les autres").click()
            button = first.get_by_role("button", name="Terminer toutes les autres")
            began = time.monotonic()
            await button.click()
            await first.get_by_text("Toutes les autres sessions sont terminées.").wait_for()
            until = began + SECONDS
            ended = await asyncio.gather(
                asyncio.to_thread(closed_within, imap, until),
                socket_closed(socket, until),
                rest_refused(http, token, until),
            )
        took = dict(zip(("IMAP", "WebSocket", "REST"), (one - began for one in ended), strict=True))
        assert max(took.values()) < SECONDS, took
        # The one that ended the others goes on.
        await first.goto(f"{http}/account")
        assert agent.address in await first.inner_text("main")


async def test_pages_work_without_scripts_and_in_a_narrow_window(stack: RunningStack) -> None:
    agent = Agent(stack, "directeur@finances.gouv.tg")
    http = stack.local["http"]
    async with chromium() as browser:
        context = await browser.new_context(
            locale="fr-FR", java_script_enabled=False, viewport={"width": 320, "height": 640}, color_scheme="dark"
        )
        page = await context.new_page()
        await log_in(page, agent)
        for path in PAGES:
            await page.goto(http + path)
            # WCAG 2.2, 1.4.10: nothing is lost at 320 pixels, and nobody scrolls sideways.
            assert await page.evaluate("document.documentElement.scrollWidth") <= 320, path
        await page.goto(f"{http}/account/app-passwords")
        await page.get_by_label("Programme et appareil").fill("Thunderbird")
        await page.get_by_role("button", name="Faire le mot de passe").click()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320
        await page.get_by_role("link", name="Je l’ai recopié").click()
        await page.locator("summary", has_text="Retirer").click()
        await page.get_by_role("button", name="Retirer").click()
        await page.get_by_text("C’est retiré.").wait_for()
        await page.goto(f"{http}/logout")
        await page.get_by_role("button", name="Se déconnecter").click()
        await page.get_by_text("Votre session est terminée").first.wait_for()


async def test_no_page_breaks_its_own_policy(stack: RunningStack) -> None:
    agent = Agent(stack, "administrateur@finances.gouv.tg")
    async with chromium() as browser:
        page = await (await browser.new_context(locale="fr-FR")).new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        await log_in(page, agent)
        for path in PAGES:
            await page.goto(stack.local["http"] + path)
        await page.goto(f"{stack.local['http']}/account/second-factor")
        await page.get_by_role("button", name="Ajouter une application").click()
        assert await page.get_by_alt_text("Code QR").evaluate("image => image.naturalWidth") > 0
        assert said == []
