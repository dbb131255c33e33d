"""An agent's rules: made by REST, applied to letters, read by a mail program."""

import asyncio

import httpx
import managesieve
import pytest

from tests.e2e.clients import Agent, deliver, letter
from tests.running import RunningStack

RULES = {
    "rules": [
        {
            "name": "Factures",
            "conditions": [{"field": "RULE_FIELD_SUBJECT", "value": "facture"}],
            "actions": [{"act": "RULE_ACT_MOVE", "mailbox": "Factures"}],
        }
    ]
}


async def test_rules_made_by_rest_sort_letters_and_are_read_by_a_mail_program(
    embedded: RunningStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(embedded.var / "tls" / "ca.pem"))
    agent = Agent(embedded, "agent2@numerique.gouv.tg")
    bearer = {"authorization": f"Bearer {await agent.token()}"}
    async with httpx.AsyncClient(base_url=embedded.local["http"], headers=bearer, timeout=20) as client:
        put = await client.put("/v1/mail/rules", json=RULES)
        assert put.status_code == 200, put.text
        await asyncio.to_thread(deliver, embedded, letter(agent.address, subject="Facture"))
        boxes = (await client.get("/v1/mail/mailboxes")).json()["mailboxes"]
        assert [box["messages"] for box in boxes if box["name"] == "Factures"] == ["1"]

        def by_program() -> tuple[str, str, str]:
            program = managesieve.MANAGESIEVE("localhost", embedded.address("managesieve")[1], use_tls=True)
            assert program.login("", agent.address, agent.password) == "OK"
            assert program.listscripts() == ("OK", [("workspace", True)])
            read = program.getscript("workspace")[1]
            answers = program.putscript("workspace", "discard;"), program.setactive("")
            program.logout()
            return read, *answers

        read, written, unset = await asyncio.to_thread(by_program)
        assert read == put.json()["script"]
        assert (written, unset) == ("NO", "OK")
        told = (await client.get("/v1/mail/rules")).json()
        assert (told["in_force"], told["version"]) == (False, "1")
        stale = await client.put("/v1/mail/rules", json={**RULES, "version": "5"})
        assert (stale.status_code, stale.json()["reason"]) == (409, "conflict")
