"""curl walks the REST API, starting from what `/docs` reads."""

import json

from tests.e2e.clients import Agent, deliver, letter
from tests.interop.programs import run
from tests.running import RunningStack, until


def test_curl_walks_the_api(stack: RunningStack, agent: Agent) -> None:
    message = letter(agent.address)
    deliver(stack, message)
    until(lambda: message["Subject"] in agent.subjects(), 20)
    http = stack.local["http"]
    document = json.loads(run("curl", "-fsS", f"{http}/openapi.json"))
    assert document["openapi"].startswith("3.1")
    assert "<html" in run("curl", "-fsS", f"{http}/docs").lower()

    login = json.dumps({"address": agent.address, "password": agent.password})
    session = json.loads(
        run("curl", "-fsS", f"{http}/v1/sessions", "-H", "Content-Type: application/json", "-d", login)
    )
    authorised = ("-H", f"Authorization: Bearer {session['access_token']}")
    boxes = json.loads(run("curl", "-fsS", *authorised, f"{http}/v1/mail/mailboxes"))["mailboxes"]
    assert "INBOX" in {box["name"] for box in boxes}
    page = json.loads(run("curl", "-fsS", *authorised, f"{http}/v1/mail/messages?mailbox=INBOX&page_size=1"))
    (first,) = page["messages"]
    source = run("curl", "-fsS", *authorised, f"{http}/v1/mail/messages/{first['id']}/raw")
    assert "Subject:" in source
    assert run("curl", "-fsS", *authorised, "-r", "0-9", f"{http}/v1/mail/messages/{first['id']}/raw") == source[:10]


def test_curl_without_a_token_is_told_so(stack: RunningStack) -> None:
    shown = run("curl", "-sS", "-i", f"{stack.local['http']}/v1/mail/messages")
    assert shown.startswith("HTTP/1.1 401")
    assert "application/problem+json" in shown
