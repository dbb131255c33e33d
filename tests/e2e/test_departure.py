"""An agent leaves: whoever succeeds reads the letters by IMAP and REST, those that came and those that come."""

import asyncio
from typing import Any

import pytest

from tests.e2e.clients import Agent, deliver, letter
from tests.running import RunningStack, until

pytestmark = pytest.mark.timeout(300)
ADDRESS = "agent.partant@finances.gouv.tg"
MAILBOX = f"Boîte de {ADDRESS}/INBOX"
# As IMAP writes it (RFC 3501 §5.1.3).
QUOTED = f'"Bo&AO4-te de {ADDRESS}/INBOX"'


def there(agent: Agent, subject: str) -> bool:
    """Whether a letter is in the mailbox that was handed over, by IMAP."""
    client = agent.imap()
    try:
        found, _ = client.select(QUOTED, readonly=True)
        if found != "OK":
            return False
        _, (uids,) = client.uid("SEARCH", "SUBJECT", f'"{subject}"')
        return bool(uids)
    finally:
        client.logout()


async def listed(agent: Agent) -> list[dict[str, Any]]:
    """What REST lists of that mailbox."""
    async with agent.rest() as rest:
        answer = await rest.get("/v1/mail/messages", params={"mailbox": MAILBOX})
        assert answer.status_code == 200, answer.text
        messages: list[dict[str, Any]] = answer.json()["messages"]
        return messages


async def test_whoever_succeeds_reads_the_letters_by_imap_and_rest(embedded: RunningStack) -> None:
    stack = embedded
    administrator, successor = Agent(stack, "administrateur@finances.gouv.tg"), Agent(stack, "agent1@finances.gouv.tg")
    async with administrator.rest() as rest, successor.rest() as own, successor.push() as push:
        unit = (await rest.get("/v1/me")).json()["unit_id"]
        wanted = {"address": ADDRESS, "display_name": "Agent partant", "unit_id": unit}
        made = await rest.post("/v1/directory/accounts", json=wanted)
        assert made.status_code == 201, made.text
        before, after = letter(ADDRESS, subject="Avant"), letter(ADDRESS, subject="Ensuite")
        await asyncio.to_thread(deliver, stack, before)
        gone = {"successor_id": (await own.get("/v1/me")).json()["id"]}
        departed = await rest.post(f"/v1/directory/accounts/{made.json()['id']}:depart", json=gone)
        assert departed.status_code == 200, departed.text
        heard = await push.hear("message_handed_over", 40)
        assert heard["data"]["from_account_id"] == made.json()["id"]
    await asyncio.to_thread(until, lambda: there(successor, before["Subject"]), 30, 0.5)
    await asyncio.to_thread(deliver, stack, after)
    await asyncio.to_thread(until, lambda: there(successor, after["Subject"]), 30, 0.5)
    newest, first = await listed(successor)
    assert (newest["subject"], first["subject"]) == (after["Subject"], before["Subject"])
    async with successor.rest() as rest:
        read = (await rest.get(f"/v1/mail/messages/{first['id']}")).json()
        assert read["text"].strip() == "Bonjour, voici ma demande."
    # It came to nobody as new mail, and nowhere else.
    assert before["Subject"] not in await asyncio.to_thread(successor.subjects)
