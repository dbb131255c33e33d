"""A session that its owner ends elsewhere is over within seconds, by whatever it is connected."""

import asyncio
import imaplib
import smtplib
import time
from collections.abc import Callable
from contextlib import suppress

import httpx
import pyotp
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.e2e.clients import Agent, newcomer
from tests.running import RunningStack

SECONDS = 5.0


async def session_of(agent: Agent) -> str:
    """The access token of a new session."""
    async with httpx.AsyncClient(base_url=agent.stack.local["http"], timeout=20) as client:
        answer = await client.post(
            "/v1/sessions",
            json={"address": agent.address, "password": agent.password},
            headers={"user-agent": "Essai/1.0 (révocation)".encode()},
        )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["access_token"])


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def sasl(token: str) -> bytes:
    return f"n,,\x01auth=Bearer {token}\x01\x01".encode()


def imap_with(agent: Agent, log_in: Callable[[imaplib.IMAP4], object]) -> imaplib.IMAP4:
    client = imaplib.IMAP4_SSL(*agent.stack.address("imaps"), ssl_context=agent.tls, timeout=20)
    log_in(client)
    client.select("INBOX", readonly=True)
    return client


def closed(client: imaplib.IMAP4) -> bool:
    """Whether the server has said farewell: the next command meets it."""
    try:
        client.noop()
    except (imaplib.IMAP4.error, OSError):
        return True
    return False


def hung_up(client: smtplib.SMTP) -> bool:
    try:
        return client.noop()[0] == 421
    except (smtplib.SMTPException, OSError):
        return True


async def soon(true: Callable[[], bool], until: float) -> bool:
    while time.monotonic() < until:
        if await asyncio.to_thread(true):
            return True
        await asyncio.sleep(0.1)
    return False


async def test_a_session_ended_from_another_is_over_everywhere_within_seconds(stack: RunningStack) -> None:
    agent = Agent(stack, "directeur@numerique.gouv.tg")
    lost, kept = await session_of(agent), await session_of(agent)
    imap = await asyncio.to_thread(imap_with, agent, lambda c: c.authenticate("OAUTHBEARER", lambda _: sasl(lost)))
    submission = smtplib.SMTP(*stack.address("submission"), timeout=20)
    submission.starttls(context=agent.tls)
    submission.ehlo()
    submission.auth("OAUTHBEARER", lambda challenge=None: sasl(lost).decode() if challenge is None else "")

    url = stack.local["http"].replace("http://", "ws://") + "/v1/push"
    async with (
        httpx.AsyncClient(base_url=stack.local["http"], timeout=20) as client,
        connect(url, additional_headers=bearer(lost)) as socket,
    ):
        await socket.recv()
        for path in ("/v1/me", "/v1/mail/mailboxes"):
            assert (await client.get(path, headers=bearer(lost))).status_code == 200
        listed = (await client.get("/v1/me/sessions", headers=bearer(lost))).json()["sessions"]
        (mine,) = [each for each in listed if each.get("current")]
        assert mine["user_agent"].startswith("Essai/1.0")
        gone = await client.delete(f"/v1/me/sessions/{mine['id']}", headers=bearer(kept))
        assert gone.status_code == 204, gone.text
        until = time.monotonic() + SECONDS
        with suppress(ConnectionClosed):
            async with asyncio.timeout(SECONDS):
                while True:
                    await socket.recv()
        assert socket.close_code == 4401
        for path in ("/v1/me", "/v1/mail/mailboxes"):
            while (status := (await client.get(path, headers=bearer(lost))).status_code) != 401:
                assert time.monotonic() < until, (path, status)
                await asyncio.sleep(0.05)
        assert await soon(lambda: closed(imap), until)
        assert await soon(lambda: hung_up(submission), until)
        assert (await client.get("/v1/me", headers=bearer(kept))).status_code == 200


async def test_a_revoked_app_password_hangs_up_the_telephone(embedded: RunningStack) -> None:
    agent = Agent(embedded, "directeur@finances.gouv.tg")
    token = await session_of(agent)
    async with httpx.AsyncClient(base_url=embedded.local["http"], timeout=20, headers=bearer(token)) as client:
        made = await client.post("/v1/me/appPasswords", json={"protocol": "imap", "label": "Téléphone"})
        assert made.status_code == 201, made.text
        secret, own = made.json()["secret"], made.json()["app_password"]["id"]
        imap = await asyncio.to_thread(imap_with, agent, lambda c: c.login(agent.address, secret))
        other = await asyncio.to_thread(imap_with, agent, lambda c: c.login(agent.address, agent.password))
        with smtplib.SMTP(*embedded.address("submission"), timeout=20) as smtp:
            smtp.starttls(context=agent.tls)
            with pytest.raises(smtplib.SMTPAuthenticationError):
                smtp.login(agent.address, secret)
        assert (await client.delete(f"/v1/me/appPasswords/{own}")).status_code == 204
    assert await soon(lambda: closed(imap), time.monotonic() + SECONDS)
    assert not closed(other)
    with pytest.raises(imaplib.IMAP4.error):
        await asyncio.to_thread(imap_with, agent, lambda c: c.login(agent.address, secret))


async def test_a_second_factor_and_a_new_password_end_what_the_own_password_had_opened(embedded: RunningStack) -> None:
    agent = await newcomer(Agent(embedded, "administrateur@numerique.gouv.tg"), "essai.facteur@numerique.gouv.tg")
    token = await session_of(agent)
    async with httpx.AsyncClient(base_url=embedded.local["http"], timeout=20, headers=bearer(token)) as client:
        imap = await asyncio.to_thread(imap_with, agent, lambda c: c.login(agent.address, agent.password))
        begun = (await client.post("/v1/me/totp:begin", json={})).json()
        code = pyotp.TOTP(begun["secret"]).now()
        confirmed = await client.post("/v1/me/totp:confirm", json={"code": code})
        assert confirmed.status_code == 200, confirmed.text
        assert await soon(lambda: closed(imap), time.monotonic() + SECONDS)
        with pytest.raises(imaplib.IMAP4.error):
            await asyncio.to_thread(imap_with, agent, lambda c: c.login(agent.address, agent.password))
        assert (await client.delete("/v1/me/totp")).status_code == 204
        imap = await asyncio.to_thread(imap_with, agent, lambda c: c.login(agent.address, agent.password))
        own = (await client.get("/v1/me")).json()["id"]
        changed = {"current_password": agent.password, "new_password": "quite another long phrase"}
        assert (await client.post(f"/v1/directory/accounts/{own}:setPassword", json=changed)).status_code == 204
        assert await soon(lambda: closed(imap), time.monotonic() + SECONDS)
