"""Reception as the process that operators start."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.documents import connect
from chassis.documents.connect import close
from deploy.local.certificates import Authority
from deploy.local.standins import ObjectStore
from tests.mail.authentication.signing import LETTER, Signer
from tests.mail.processes import answers, mail_environment, started
from tests.mail.smtp.peer import AGENT
from tests.nameserver import nameserver, texts

MESSAGES = 60


@pytest.fixture
async def database(documents_url: str, database_name: str) -> AsyncIterator[Any]:
    """Mail's database, in which directory told of one account."""
    made = connect(documents_url, database_name)
    account = {
        "_id": "01AGENT1", "addresses": [AGENT], "display_name": "Agent 1", "unit_id": "u", "unit_path": ["u"],
        "suspended": False, "version": 1, "told_at": datetime.now(UTC),
    }  # fmt: skip
    await made["people"].insert_one(account)
    yield made
    await close(made)


@pytest.fixture
def environment(
    authority: Authority, documents_url: str, database_name: str, object_store: ObjectStore
) -> dict[str, str]:
    return mail_environment(authority, documents_url, database_name, object_store)


def send(port: int, number: int) -> bool:
    """Whether the message was acknowledged."""
    try:
        with smtplib.SMTP("127.0.0.1", port, local_hostname="client", timeout=10) as client:
            client.sendmail("a@example.org", [AGENT], f"Subject: {number}\r\n\r\nNote {number}\r\n")
    except (OSError, smtplib.SMTPException):
        return False
    return True


async def test_nothing_acknowledged_is_lost_and_nothing_comes_twice_when_it_is_killed(
    environment: dict[str, str], database: Any
) -> None:
    address = environment["WORKSPACE_SMTP_LISTEN"]
    port = int(address.rpartition(":")[2])
    async with started("smtp", environment) as process:
        await answers(address)
        sending = [asyncio.create_task(asyncio.to_thread(send, port, number)) for number in range(MESSAGES)]
        async with asyncio.timeout(20):
            while sum(task.done() for task in sending) < MESSAGES // 4:
                await asyncio.sleep(0.005)
        process.kill()
        await process.wait()
        acknowledged = [number for number, took in enumerate(await asyncio.gather(*sending)) if took]
    assert 0 < len(acknowledged) < MESSAGES
    stored = {item["subject"] async for item in database["messages"].find({"owner": "01AGENT1"})}
    assert {str(number) for number in acknowledged} <= stored
    async with started("smtp", environment):
        await answers(address)
        again = [number for number in range(MESSAGES) if number not in acknowledged]
        # The database ends by itself what the dead process had begun, but only after a minute.
        await database.client.admin.command("killAllSessions", [])
        assert all(await asyncio.gather(*(asyncio.to_thread(send, port, number) for number in again)))
    found = [item async for item in database["messages"].find({"owner": "01AGENT1"})]
    assert sorted(int(item["subject"]) for item in found) == list(range(MESSAGES))
    assert sorted(item["uid"] for item in found) == list(range(1, MESSAGES + 1))


async def test_it_receives_while_directory_is_away_and_stops_when_asked(
    environment: dict[str, str], database: Any
) -> None:
    address = environment["WORKSPACE_SMTP_LISTEN"]
    async with started("smtp", environment) as process:
        await answers(address)
        with smtplib.SMTP(*address.split(":"), local_hostname="client", timeout=10) as client:  # type: ignore[arg-type]
            client.ehlo()
            client.mail("a@example.org")
            assert client.rcpt("stranger@numerique.gouv.tg")[0] == 451
            assert client.rcpt(AGENT)[0] == 250
            assert client.data(b"Subject: known\r\n\r\nx\r\n")[0] == 250
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 15) == 0
    assert await database["messages"].count_documents({"owner": "01AGENT1"}) == 1


async def test_it_asks_the_servers_of_dns_that_it_is_told_who_may_write(
    environment: dict[str, str], database: Any
) -> None:
    signer = Signer()
    records = texts({signer.name: [signer.record], "_dmarc.example.org": [b"v=DMARC1; p=reject"]})
    async with nameserver(records) as listening:
        told = {"DNS_SERVERS": "127.0.0.1", "DNS_PORT": str(listening.port), "TRUSTED_NETWORKS": ""}
        environment |= {f"WORKSPACE_{name}": value for name, value in told.items()}
        address = environment["WORKSPACE_SMTP_LISTEN"]
        async with started("smtp", environment):
            await answers(address)

            def sent(letter: bytes) -> int:
                with smtplib.SMTP(*address.split(":"), local_hostname="client.example", timeout=20) as client:  # type: ignore[arg-type]
                    client.ehlo()
                    client.mail("agent@example.org")
                    client.rcpt(AGENT)
                    return client.data(letter)[0]

            assert await asyncio.to_thread(sent, signer.signed()) == 250
            assert await asyncio.to_thread(sent, LETTER) == 550
    (message,) = [item async for item in database["messages"].find({"owner": "01AGENT1"})]
    assert b"\tdmarc=pass policy.dmarc=reject header.from=example.org" in bytes(message["prefix"])


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("smtp", "WORKSPACE_MAX_MESSAGE", "many"),
        ("smtp", "WORKSPACE_PUBLIC_CERTIFICATE", "/there/is/none.pem"),
        ("smtp", "WORKSPACE_SERVICE_KEYS", "none"),
        ("smtp", "WORKSPACE_TRUSTED_NETWORKS", "10.0.0.0/33"),
        ("smtp", "WORKSPACE_DNS_SERVERS", "resolver.example"),
        ("relay", "WORKSPACE_SMART_HOST", "http://example.org"),
        ("relay", "WORKSPACE_MONGODB_URL", "http://nowhere"),
        ("worker", "WORKSPACE_SERVICE_KEYS", "none"),
    ],
)
async def test_a_bad_setting_stops_it_with_one_line(
    environment: dict[str, str], kind: str, name: str, value: str
) -> None:
    async with started(kind, {**environment, name: value}, stderr=asyncio.subprocess.PIPE) as process:
        _, said = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 2
    assert said.startswith(b"settings: ")
    assert said.count(b"\n") == 1
