"""A fresh client lists 5,000 messages; a thousand clients wait in IDLE."""

import asyncio
import resource

import psutil

from tests.load.imap_client import ImapClient
from tests.load.letters import letter
from tests.load.report import counted, cpu, milliseconds, resident, table
from tests.load.smtp_client import send
from tests.running import RunningStack, running

MESSAGES = 5000
IDLE = 1000
SENDER = "guichet@load.example"
RECIPIENT = "agent2@numerique.gouv.tg"
LISTING = "UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)"
QUERIES = "workspace_database_operations_total"


async def _listing(stack: RunningStack) -> None:
    host, port = stack.address("imaps")
    process = psutil.Process(stack.pid("mail-imap"))
    ops = f"127.0.0.1:{stack.port('mail_imap_ops')}"
    rows: list[tuple[object, ...]] = [
        ("client", "to the first octet", "whole", "CPU a message", "finds, then pieces", "memory grown", "messages")
    ]
    for name in ("first after delivery", "second", "third"):
        client = await ImapClient.connect(host, port, RECIPIENT, stack.password(RECIPIENT))
        await client.command("SELECT INBOX")
        finds, pieces = (counted(ops, QUERIES, name) for name in ("find", "getMore"))
        before, memory = cpu(process), resident(process)
        answer = await client.command(LISTING)
        grown = resident(process) - memory
        rows.append(
            (
                name,
                milliseconds(answer.first),
                milliseconds(answer.whole),
                milliseconds((cpu(process) - before) / max(1, answer.fetched)),
                f"{counted(ops, QUERIES, 'find') - finds:.0f}, {counted(ops, QUERIES, 'getMore') - pieces:.0f}",
                f"{grown // 1024} KiB for {answer.octets // 1024} KiB sent",
                answer.fetched,
            )
        )
        client.close()
    table(f"{LISTING}", rows)


async def _idle(stack: RunningStack) -> None:
    host, port = stack.address("imaps")
    process = psutil.Process(stack.pid("mail-imap"))
    address, password = RECIPIENT, stack.password(RECIPIENT)
    one = await ImapClient.connect(host, port, address, password)
    await one.command("SELECT Drafts")
    clients = [one]
    before = resident(process)
    for _ in range(IDLE):
        client = await ImapClient.connect(host, port, address, password)
        await client.command("SELECT Drafts")
        await client.begin_idle()
        clients.append(client)
    idle = (resident(process) - before) / IDLE
    before = resident(process)
    for _ in range(IDLE // 50):
        clients += await asyncio.gather(*(ImapClient.connect(host, port) for _ in range(50)))
    connected = (resident(process) - before) / IDLE
    table(
        f"{IDLE} TLS connections, memory of each in the imap process",
        [
            ("logged in, mailbox selected, IDLE", f"{idle / 1024:.1f} KiB", "goal 60"),
            ("as many more, connected and not logged in", f"{connected / 1024:.1f} KiB", "goal 60"),
        ],
    )
    for client in clients:
        client.close()


def run() -> None:
    """Print the tables."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8192)), hard))
    # All of them come from one address and one account, which no real address or account does.
    with running(WORKSPACE_IMAP_CONNECTIONS_PER_ADDRESS="5000", WORKSPACE_IMAP_CONNECTIONS_PER_ACCOUNT="5000") as stack:
        letters = [letter(number, SENDER, RECIPIENT, 2048) for number in range(MESSAGES)]
        asyncio.run(send("127.0.0.1", stack.port("smtp"), SENDER, RECIPIENT, letters, 8))
        asyncio.run(_listing(stack))
        asyncio.run(_idle(stack))
