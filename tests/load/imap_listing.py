"""A fresh client lists 5,000 messages."""

import asyncio
import os

import psutil

from tests.load.imap_client import ImapClient
from tests.load.letters import letter
from tests.load.report import counted, cpu, milliseconds, resident, table
from tests.load.smtp_client import send
from tests.running import RunningStack, running

MESSAGES = int(os.environ.get("WORKSPACE_LOAD_LISTED", "5000"))
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


def run() -> None:
    """Print the table."""
    with running() as stack:
        letters = [letter(number, SENDER, RECIPIENT, 2048) for number in range(MESSAGES)]
        asyncio.run(send("127.0.0.1", stack.port("smtp"), SENDER, RECIPIENT, letters, 8))
        asyncio.run(_listing(stack))
