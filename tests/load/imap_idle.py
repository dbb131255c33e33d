"""5,000 clients wait in IDLE in one process: what each costs, and how soon they hear of a letter."""

import asyncio
import os
import re
import resource
import statistics
import sys
import time
from pathlib import Path

import psutil

from tests.e2e.clients import Agent
from tests.load.imap_client import ImapClient
from tests.load.letters import letter
from tests.load.report import cpu, milliseconds, resident, table
from tests.load.smtp_client import send
from tests.running import RunningStack, running

IDLE = int(os.environ.get("WORKSPACE_LOAD_IDLE", "5000"))
# Clients that connect at a time.
TOGETHER = 25
STRANGERS = min(1000, IDLE)
CHANGES = 20
SENDER = "guichet@load.example"
RECIPIENT = "agent2@numerique.gouv.tg"


def _kernel() -> int:
    """Octets that the whole machine's kernel holds: for sockets' queues, and what it does not give back."""
    queues = re.search(r"^TCP: .* mem (\d+)$", Path("/proc/net/sockstat").read_text(), re.MULTILINE)
    slabs = re.search(r"^SUnreclaim: +(\d+) kB$", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return (int(queues[1]) if queues else 0) * resource.getpagesize() + (int(slabs[1]) if slabs else 0) * 1024


async def _app_password(stack: RunningStack, address: str) -> str:
    """As mail programs have one: it costs no argon2 to log in with."""
    async with Agent(stack, address).rest() as client:
        made = await client.post("/v1/me/appPasswords", json={"protocol": "imap", "label": "Mesure"})
        made.raise_for_status()
        return str(made.json()["secret"])


async def _waiting(stack: RunningStack, address: str, mailbox: str, password: str = "") -> ImapClient:
    client = await ImapClient.connect(*stack.address("imaps"), address, password or stack.password(address))
    await client.command(f"SELECT {mailbox}")
    await client.begin_idle()
    return client


async def _learnt(stack: RunningStack) -> list[float]:
    """Seconds from the moment that a letter was taken until a client that waits in its INBOX has heard of it."""
    client = await _waiting(stack, RECIPIENT, "INBOX")
    taken = []
    for number in range(CHANGES):
        one = [letter(900_000 + number, SENDER, RECIPIENT, 2048)]
        told = asyncio.create_task(client.news(b" EXISTS"))
        await send("127.0.0.1", stack.port("smtp"), SENDER, RECIPIENT, one, 1)
        began = time.perf_counter()
        await told
        taken.append(time.perf_counter() - began)
    client.close()
    return taken


async def _idle(stack: RunningStack) -> None:
    process = psutil.Process(stack.pid("mail-imap"))
    accounts = [str(one["address"]) for one in stack.local["accounts"] if one["address"] != RECIPIENT]
    secrets = {address: await _app_password(stack, address) for address in accounts}
    clients = [await _waiting(stack, address, "Drafts", secrets[address]) for address in accounts]
    before, kernel, busy = resident(process), _kernel(), cpu(process)
    for first in range(0, IDLE, TOGETHER):
        whose = [accounts[number % len(accounts)] for number in range(first, min(first + TOGETHER, IDLE))]
        clients += await asyncio.gather(*(_waiting(stack, each, "Drafts", secrets[each]) for each in whose))
    login = (cpu(process) - busy) / IDLE
    idle, both_ends = (resident(process) - before) / IDLE, (_kernel() - kernel) / IDLE
    busy = cpu(process)
    await asyncio.sleep(10)
    busy = (cpu(process) - busy) / 10
    taken = await _learnt(stack)
    before = resident(process)
    host, port = stack.address("imaps")
    for _ in range(STRANGERS // TOGETHER):
        clients += await asyncio.gather(*(ImapClient.connect(host, port) for _ in range(TOGETHER)))
    connected = (resident(process) - before) / STRANGERS
    table(
        f"{IDLE} TLS connections in one imap process",
        [
            ("logged in, mailbox selected, IDLE: memory of the process", f"{idle / 1024:.1f} KiB each", "goal 40"),
            ("the same in the kernel, the client's end in it as well", f"{both_ends / 1024:.1f} KiB each", ""),
            (f"{STRANGERS} more, connected and not logged in", f"{connected / 1024:.1f} KiB each", "goal 40"),
            ("CPU of the process to take one in", milliseconds(login), ""),
            ("the process while all of them wait", f"{busy:.1%} of a core", ""),
            ("a letter's news in the middle", f"{statistics.median(taken) * 1000:.0f} ms", "goal 1000"),
            (f"the slowest of {CHANGES}", f"{max(taken) * 1000:.0f} ms", "goal 1000"),
        ],
    )
    for client in clients:
        client.close()


def run() -> None:
    """Print the table. So many files have to be allowed (`ulimit -Hn`): twice as many as clients, and some."""
    wanted = 2 * IDLE + STRANGERS + 1000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        sys.exit(f"{wanted} open files are needed, {hard} are allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    # All of them come from one address and a few accounts, which no real address or account does.
    many = str(2 * IDLE)
    with running(
        WORKSPACE_IMAP_CONNECTIONS_PER_ADDRESS=many,
        WORKSPACE_IMAP_CONNECTIONS_PER_ACCOUNT=many,
        WORKSPACE_IMAP_CONNECTIONS=many,
    ) as stack:
        asyncio.run(_idle(stack))
