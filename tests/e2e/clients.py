"""An agent as programs that we did not write see the workspace: smtplib, imaplib, httpx, websockets."""

import asyncio
import contextlib
import imaplib
import json
import smtplib
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from chassis.ids import new_id
from tests.running import RunningStack

_tokens: dict[tuple[Path, str], tuple[str, float]] = {}


def letter(to: str, sender: str = "citoyen@example.org", subject: str = "Demande") -> EmailMessage:
    """A letter with a subject and Message-ID of its own."""
    message = EmailMessage()
    message["From"], message["To"] = sender, to
    message["Subject"] = f"{subject} {new_id()}"
    message["Message-ID"] = f"<{new_id()}@example.org>"
    message.set_content("Bonjour, voici ma demande.\n")
    return message


def deliver(stack: RunningStack, message: EmailMessage) -> None:
    """Hand a message to reception, as another mail server does."""
    with smtplib.SMTP(*stack.address("smtp"), timeout=20) as smtp:
        smtp.send_message(message)


@dataclass(frozen=True)
class Agent:
    """An account of the stack, with its password."""

    stack: RunningStack
    address: str

    @property
    def password(self) -> str:
        return self.stack.password(self.address)

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """Trusts the stack's own authority and nobody else."""
        return ssl.create_default_context(cafile=self.stack.var / "tls" / "ca.pem")

    def imap(self) -> imaplib.IMAP4_SSL:
        client = imaplib.IMAP4_SSL(*self.stack.address("imaps"), ssl_context=self.tls, timeout=20)
        client.login(self.address, self.password)
        return client

    def subjects(self, mailbox: str = "INBOX") -> list[str]:
        """The subjects in a mailbox, by IMAP."""
        client = self.imap()
        try:
            _, (count,) = client.select(mailbox, readonly=True)
            if not int(count):
                return []
            _, found = client.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
            headers = [part[1].decode() for part in found if isinstance(part, tuple)]
            return [header.strip().removeprefix("Subject: ") for header in headers]
        finally:
            client.logout()

    def submit(self, message: EmailMessage) -> None:
        """Send a message as a mail program does."""
        with smtplib.SMTP(*self.stack.address("submission"), timeout=20) as smtp:
            smtp.starttls(context=self.tls)
            smtp.login(self.address, self.password)
            smtp.send_message(message)

    async def token(self) -> str:
        """An access token; kept, since logging in is limited to a few times a minute."""
        known = _tokens.get((self.stack.var, self.address))
        if known is not None and known[1] > time.monotonic():
            return known[0]
        async with httpx.AsyncClient(base_url=self.stack.local["http"], timeout=20) as client:
            answer = await client.post("/v1/sessions", json={"address": self.address, "password": self.password})
        assert answer.status_code == 201, answer.text
        session = answer.json()
        assert session["refresh_token"]
        assert session["expires_in"] > 60
        token = str(session["access_token"])
        _tokens[(self.stack.var, self.address)] = token, time.monotonic() + session["expires_in"] - 60
        return token

    @asynccontextmanager
    async def rest(self) -> AsyncIterator[httpx.AsyncClient]:
        headers = {"Authorization": f"Bearer {await self.token()}"}
        async with httpx.AsyncClient(base_url=self.stack.local["http"], headers=headers, timeout=20) as client:
            yield client

    @asynccontextmanager
    async def push(self) -> AsyncIterator["Push"]:
        """A WebSocket that has said hello: from then on everything is heard."""
        url = self.stack.local["http"].replace("http://", "ws://") + "/v1/push"
        headers = {"Authorization": f"Bearer {await self.token()}"}
        async with connect(url, additional_headers=headers) as socket:
            push = Push(socket)
            await push.hear("hello", 10)
            yield push


@dataclass(frozen=True)
class Newcomer(Agent):
    """An account that a test has opened for itself, so that it may change how it logs in."""

    chosen: str = "a first long phrase of mine"

    @property
    def password(self) -> str:
        return self.chosen


async def newcomer(by: Agent, address: str) -> Newcomer:
    """A new colleague of an administrator, activated with a code."""
    agent = Newcomer(by.stack, address)
    async with by.rest() as rest:
        unit = (await rest.get("/v1/me")).json()["unit_id"]
        made = await rest.post(
            "/v1/directory/accounts", json={"address": address, "display_name": "Essai", "unit_id": unit}
        )
        assert made.status_code == 201, made.text
        asked = {"purpose": "CODE_PURPOSE_ACTIVATION"}
        code = (await rest.post(f"/v1/directory/accounts/{made.json()['id']}:issueCode", json=asked)).json()["code"]
        activated = await rest.post("/v1/credentials:activate", json={"code": code, "new_password": agent.password})
        assert activated.status_code == 204, activated.text
    return agent


@dataclass(frozen=True)
class Push:
    """What comes over a WebSocket."""

    socket: ClientConnection

    async def hear(self, kind: str, seconds: float) -> dict[str, Any]:
        """The next message of a type. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while True:
                message: dict[str, Any] = json.loads(await self.socket.recv())
                if message["type"] == kind:
                    return message

    async def events(self, seconds: float) -> list[dict[str, Any]]:
        """All events that come within a while; not what the socket says of itself (hello, resync)."""
        heard: list[dict[str, Any]] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    message: dict[str, Any] = json.loads(await self.socket.recv())
                    if "data" in message:
                        heard.append(message)
        return heard
