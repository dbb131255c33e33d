"""A front end's way through mail, by the gateway's REST alone: written, sent, read, followed, searched."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

import httpx
import pytest

from chassis.identity import Revocations
from chassis.rpc import RpcClient
from deploy.local.certificates import Authority
from gateway.app import build_app
from gateway.server import HttpServer
from gateway.settings import Settings
from gateway.upstreams import CONTRACTS, services
from services.mail.remote_images import RemoteImages
from tests.directory.doors import Silent
from tests.mail.api.conftest import Api
from tests.mail.house import House

OCTETS = bytes(range(256)) * 2_000
HTML = "<p>Voilà <img src='https://beacon.invalid/x.png'><script>x</script></p>"
BINARY = {"content-type": "application/octet-stream"}
WRITER, READER = "agent1@numerique.gouv.tg", "agent2@sante.gouv.tg"


@pytest.fixture
async def gateway(api: Api, authority: Authority) -> AsyncIterator[HttpServer]:
    own = authority.of("gateway")
    settings = Settings(
        tls_ca=authority.certificate, tls_certificate=own.certificate, tls_key=own.key, drain_seconds=2,
        http_listen="127.0.0.1:0",
    )  # fmt: skip
    clients = {
        name: RpcClient(settings, name, f"127.0.0.1:{api.port if name == 'mail' else 9}", services(name))
        for name in CONTRACTS
    }

    async def none(_since: datetime | None) -> list[object]:
        return []

    revocations = Revocations(none)
    channels = {name: client.channel for name, client in clients.items()}
    server = HttpServer(settings, lambda: build_app(settings, channels, api.verifier, revocations, Silent()))
    await server.start()
    yield server
    await server.drain()
    await server.stop()
    for client in clients.values():
        await client.stop()


@pytest.fixture
async def clients(gateway: HttpServer, api: Api, house: House, owner: str) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Of a writer and a reader."""
    house.people.heard[READER] = "01JREADER"
    async with AsyncExitStack() as open_ones:
        made = []
        for account, address in ((owner, WRITER), ("01JREADER", READER)):
            token = (await api.identity(account, address)).token
            headers = {"authorization": f"Bearer {token}"}
            client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}", headers=headers, timeout=20)
            made.append(await open_ones.enter_async_context(client))
        yield made


def ok(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, f"{answer.request.method} {answer.request.url}: {answer.text}"
    return answer.json() if answer.content else {}


async def uploaded(client: httpx.AsyncClient) -> str:
    given = {"filename": "compte rendu n°1.pdf", "content_type": "application/pdf", "size": len(OCTETS)}
    made = ok(await client.post("/v1/mail/uploads", json=given))
    at = f"/v1/mail/uploads/{made['id']}"
    ok(await client.put(f"{at}/pieces/0", content=OCTETS[:300_000], headers=BINARY))
    gap = await client.put(f"{at}/pieces/400000", content=OCTETS[400_000:], headers=BINARY)
    assert gap.status_code == 409, gap.text
    repeated = ok(await client.put(f"{at}/pieces/0", content=OCTETS[:300_000], headers=BINARY))
    received = int(repeated["received"])
    assert received == int(ok(await client.get(at))["received"]) == 300_000
    whole = ok(await client.put(f"{at}/pieces/{received}", content=OCTETS[received:], headers=BINARY))
    assert int(whole["received"]) == len(OCTETS)
    return str(made["id"])


async def test_a_letter_is_written_sent_read_and_found_by_rest(clients: list[httpx.AsyncClient]) -> None:
    writer, reader = clients
    inbox = ok(await reader.get("/v1/mail/mailboxes"))["mailboxes"][0]
    identity = {"name": "Direction du numérique", "signature_text": "Direction"}
    ok(await writer.patch(f"/v1/mail/identities/{WRITER}", json=identity))
    to = [{"name": "Agent 2", "address": READER}]
    draft = {"to": to, "subject": "Réunion", "html": HTML, "attachments": [{"upload_id": await uploaded(writer)}]}
    made = ok(await writer.post("/v1/mail/drafts", json=draft))
    assert made["from"]["name"] == "Direction du numérique"
    kept = {**draft, "modseq": made["modseq"], "attachments": [{"part": made["attachments"][0]["part"]}]}
    again = ok(await writer.put(f"/v1/mail/drafts/{made['id']}", json=kept))
    late = await writer.put(f"/v1/mail/drafts/{made['id']}", json=kept)
    assert (late.status_code, again["id"] in late.text) == (412, True), late.text
    sent = ok(await writer.post(f"/v1/mail/drafts/{again['id']}:send", json={}))
    assert sent["recipients"] == [READER]
    assert ok(await writer.post(f"/v1/mail/drafts/{again['id']}:send", json={}))["id"] == sent["id"]

    at = f"/v1/mail/mailboxes/{inbox['id']}/changes"
    changes = ok(await reader.get(at, params={"since": inbox["modseq"]}))
    (arrived,) = changes["changed"]
    message = f"/v1/mail/messages/{arrived['id']}"
    content = ok(await reader.get(f"{message}/content"))
    assert "script" not in content["html"]
    assert "beacon" not in str(content)
    attached = content["attachments"][0]["attachment"]
    assert attached["filename"] == "compte rendu n°1.pdf"
    assert (await reader.get(f"{message}/attachments/{attached['part']}")).content == OCTETS
    answer = ok(await reader.get(f"{message}/answer", params={"kind": "KIND_REPLY"}))
    assert answer["to"] == [{"name": "Direction du numérique", "address": WRITER}]
    found = ok(await reader.get("/v1/mail/messages:search", params={"subject": "réunion", "flags": []}))
    assert [each["id"] for each in found["messages"]] == [arrived["id"]]
    (conversation,) = ok(await reader.get("/v1/mail/conversations"))["conversations"]
    assert conversation["newest"]["id"] == arrived["id"]
    seen = {"ids": [arrived["id"], "01JNOWHERE"], "flags": {"add": ["\\Seen"]}}
    results = ok(await reader.post("/v1/mail/messages:modify", json=seen))["results"]
    assert [each.get("reason", "") for each in results] == ["", "not_found"]
    # Another's things, by every path that names one.
    for path in ("content", "images/1", "answer?kind=KIND_REPLY", "attachments/2/files/1"):
        assert (await writer.get(f"{message}/{path}")).status_code == 404, path
    assert (await writer.get(at)).status_code == 404


async def test_an_image_of_our_own_network_is_not_fetched_for_anybody(
    api: Api, clients: list[httpx.AsyncClient], house: House
) -> None:
    object.__setattr__(house.mail, "remote_images", RemoteImages(api.dns))
    api.dns.others[("inner.example", "A")] = ["10.0.0.1"]
    api.dns.away.add("away.example")
    hosts = ("127.0.0.1:8080", "[::ffff:127.0.0.1]", "169.254.169.254", "inner.example", "away.example")
    images = "".join(f"<img src='http://{host}/x.png'>" for host in hosts)
    source = f"From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n{images}"
    _, reader = clients
    inbox = ok(await reader.get("/v1/mail/mailboxes"))["mailboxes"][0]
    headers = {"content-type": "message/rfc822"}
    at = f"/v1/mail/mailboxes/{inbox['id']}/messages"
    made = ok(await reader.post(at, content=source.encode(), headers=headers))
    content = ok(await reader.get(f"/v1/mail/messages/{made['id']}/content", params={"remote_images": "true"}))
    assert f'src="/v1/mail/messages/{made["id"]}/images/1"' in content["html"]
    told = [await reader.get(f"/v1/mail/messages/{made['id']}/images/{number}") for number in range(1, 6)]
    assert [answer.status_code for answer in told] == [412, 412, 412, 412, 503]
    assert all("no address of the internet" in answer.text for answer in told[:4])
