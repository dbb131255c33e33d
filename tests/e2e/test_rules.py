"""An agent's rules: made by REST, read by a mail program."""

import asyncio

import httpx
import managesieve
import pytest

from tests.e2e.clients import Agent
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


async def test_rules_made_by_rest_are_read_by_a_mail_program_and_not_changed(
    stack: RunningStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(stack.var / "tls" / "ca.pem"))
    agent = Agent(stack, "agent2@numerique.gouv.tg")
    bearer = {"authorization": f"Bearer {await agent.token()}"}
    async with httpx.AsyncClient(base_url=stack.local["http"], headers=bearer, timeout=20) as client:
        put = await client.put("/v1/mail/rules", json=RULES)
        assert put.status_code == 200, put.text

        def by_program() -> tuple[str, str, str]:
            program = managesieve.MANAGESIEVE("localhost", stack.address("managesieve")[1], use_tls=True)
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
