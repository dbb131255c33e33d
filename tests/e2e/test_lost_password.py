"""A lost password is replaced by a letter to a colleague's mailbox, through every process between."""

import asyncio
import re
from email import message_from_bytes
from email.policy import default

import httpx
import pytest

from tests.e2e.clients import Agent, newcomer
from tests.gateway.pages.conftest import Browser
from tests.running import RunningStack, until

pytestmark = pytest.mark.timeout(300)
ADDRESS, NEW = "essai.secours@finances.gouv.tg", "quite another long phrase"
SUBJECTS = {"confirm": "Confirmez votre adresse", "reset": "Remplacer votre mot de passe"}


def letter_in(agent: Agent, subject: str) -> str:
    """The text of the newest letter with that subject in a mailbox; empty when there is none yet."""
    with agent.imap() as client:
        client.select("INBOX", readonly=True)
        found = client.uid("SEARCH", "FROM", '"ne-pas-repondre@gouv.tg"')[1][0].split()
        for uid in reversed(found):
            _, parts = client.uid("FETCH", uid.decode(), "(BODY.PEEK[])")
            message = message_from_bytes(next(part[1] for part in parts if isinstance(part, tuple)), policy=default)
            if str(message["Subject"]).startswith(subject):
                return str(message.get_content())
    return ""


async def letter_for(agent: Agent, subject: str) -> str:
    await asyncio.to_thread(until, lambda: bool(letter_in(agent, subject)), 30, 0.5)
    return await asyncio.to_thread(letter_in, agent, subject)


async def test_a_lost_password_is_replaced_through_a_colleagues_mailbox(embedded: RunningStack) -> None:
    stack = embedded
    colleague = Agent(stack, "agent1@finances.gouv.tg")
    agent = await newcomer(Agent(stack, "administrateur@finances.gouv.tg"), ADDRESS)
    async with httpx.AsyncClient(base_url=stack.local["http"], timeout=20) as client:
        browser = Browser(client)
        assert (await browser.log_in(ADDRESS, agent.password)).location == "/account"
        path = "/account/recovery"
        sent = await browser.send(await browser.open(path), path, address=colleague.address)
        assert sent.location == f"{path}?done=sent", sent.text
        link = re.findall(
            r"http://localhost:\d+(/account/recovery\?code=[0-9a-z-]+)",
            await letter_for(colleague, SUBJECTS["confirm"]),
        )
        confirmed = await browser.send(await browser.open(link[0]), f"{path}/confirm")
        assert confirmed.location == f"{path}?done=confirmed"
    async with httpx.AsyncClient(base_url=stack.local["http"], timeout=20) as client:
        browser = Browser(client)
        await browser.send(await browser.open("/login/forgot"), "/login/forgot", address=ADDRESS)
        text = await letter_for(colleague, SUBJECTS["reset"])
        link = re.findall(r"http://localhost:\d+(/login/reset\?code=[0-9a-z-]+)", text)
        page = await browser.open(link[0])
        done = await browser.send(page, "/login/reset", new_password=NEW, new_password_again=NEW)
        assert done.location == "/login?done=reset"
        assert (await browser.log_in(ADDRESS, agent.password)).status == 422
        assert (await browser.log_in(ADDRESS, NEW)).location == "/account"
    # No copy of what was sent stays anywhere: neither in a mailbox of the platform's own nor in a fact.
    with stack.documents() as database:
        assert database["mail"]["mailboxes"].find_one({"owner": "platform:letters"}) is None
        assert database["directory"]["letters"].count_documents({"tries": {"$gt": 0}}) == 0
