"""Reception of 8 KB messages over 8 connections kept open: our CPU beside that of its bare parts, in one run."""

import asyncio
import functools
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psutil

from deploy.local.standins import ObjectStore, free_port, port_answers
from tests.load import bare_parts
from tests.load.beside import beside
from tests.load.imap_client import ImapClient
from tests.load.letters import letter
from tests.load.report import counted, cpu, milliseconds, table
from tests.load.smtp_client import send
from tests.mail.authentication.signing import Signer
from tests.nameserver import nameserver_beside, texts
from tests.running import RunningStack, running, until

MESSAGES = 400
CONNECTIONS = 8
# The writes that a message needs when it comes alone: blob record, counter, message, mark of the repeat, commit.
ALONE = 5
SENDER = "guichet@load.example"
RECIPIENT = "agent1@numerique.gouv.tg"
COMPONENTS = (
    "mail-smtp",
    "mail-worker",
    "documents",
    "objects",
    "directory-api",
    "mail-imap",
    "mail-api",
    "gateway-http",
)


def _letters(count: int, salt: int) -> list[bytes]:
    return [letter(salt * 1_000_000 + number, SENDER, RECIPIENT) for number in range(count)]


@contextmanager
def _second_smtp(stack: RunningStack, **settings: str) -> Iterator[tuple[psutil.Process, int]]:
    """One more process of mail's smtp kind, told what the first was told and `settings`, on ports of its own."""
    told = psutil.Process(stack.pid("mail-smtp")).environ()
    port = free_port()
    told |= {
        "WORKSPACE_SMTP_LISTEN": f"127.0.0.1:{port}",
        "WORKSPACE_SUBMISSION_LISTEN": f"127.0.0.1:{free_port()}",
        "WORKSPACE_OPS_LISTEN": f"127.0.0.1:{free_port()}",
        **settings,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "services.mail", "smtp"], env=told, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: port_answers(port), 60)
        yield psutil.Process(process.pid), port
    finally:
        process.terminate()
        process.wait(20)


def _receive(ports: Sequence[int], letters: Sequence[bytes]) -> float:
    """Send all letters, spread over the ports; seconds it took."""

    async def spread() -> None:
        share = CONNECTIONS // len(ports)
        await asyncio.gather(
            *(
                send("127.0.0.1", port, SENDER, RECIPIENT, letters[first :: len(ports)], share)
                for first, port in enumerate(ports)
            )
        )

    began = time.perf_counter()
    asyncio.run(spread())
    return time.perf_counter() - began


def _bare(stack: RunningStack, operations: int) -> dict[str, float]:
    letters = _letters(MESSAGES, 7)
    keys = psutil.Process(stack.pid("objects")).environ()
    objects = ObjectStore(f"127.0.0.1:{stack.port('objects')}", keys["NANIO_ACCESS_KEY"], keys["NANIO_SECRET_KEY"])
    return {
        "aiosmtpd discarding": bare_parts.aiosmtpd_discarding(letters, CONNECTIONS),
        "fast-mail-parser": bare_parts.parsing(letters),
        "one blob put": bare_parts.blob_put(letters, objects),
        f"{operations} inserts": bare_parts.inserts(letters, stack.port("documents"), operations),
    }


def _measured(
    stack: RunningStack, ports: Sequence[int], smtp: Sequence[psutil.Process], salt: int
) -> tuple[float, float, float]:
    """CPU seconds of our smtp processes and of all a message, messages a second; prints each component's share."""
    processes = {name: [psutil.Process(stack.pid(name))] for name in COMPONENTS}
    processes["mail-smtp"] = list(smtp)
    _receive(ports, _letters(40, salt))
    before = {name: sum(cpu(one) for one in found) for name, found in processes.items()}
    letters = _letters(MESSAGES, salt + 1)
    seconds = _receive(ports, letters)
    spent = {name: sum(cpu(one) for one in found) - before[name] for name, found in processes.items()}
    whole = sum(spent.values())
    rows: list[tuple[str, str, str]] = [("component", "CPU a message", "share")]
    rows += [
        (name, milliseconds(used / MESSAGES), f"{used / whole:.0%}")
        for name, used in sorted(spent.items(), key=lambda item: -item[1])
    ]
    table(f"CPU by component, {len(smtp)} smtp process(es), {MESSAGES / seconds:.0f} messages/s", rows)
    return spent["mail-smtp"] / MESSAGES, whole / MESSAGES, MESSAGES / seconds


def _operations(stack: RunningStack, salt: int) -> tuple[float, float]:
    """Database operations and blob writes that the smtp process needs for a message."""
    ops = f"127.0.0.1:{stack.port('mail_smtp_ops')}"
    metrics = ("workspace_database_operations_total", "workspace_blob_writes_total")
    before = [counted(ops, metric) for metric in metrics]
    _receive([stack.port("smtp")], _letters(100, salt))
    after = [counted(ops, metric) for metric in metrics]
    return (after[0] - before[0]) / 100, (after[1] - before[1]) / 100


def _examined(stack: RunningStack) -> list[tuple[str, str, str]]:
    """What it costs to find out who wrote: letters that one signature proves, from a server that SPF allows."""
    signer = Signer(SENDER.partition("@")[2])
    records = texts(
        {
            signer.name: [signer.record],
            signer.domain: [b"v=spf1 ip4:127.0.0.1 -all"],
            f"_dmarc.{signer.domain}": [b"v=DMARC1; p=reject"],
        }
    )
    spent = []
    with nameserver_beside(records) as names:
        asked = {"WORKSPACE_DNS_SERVERS": "127.0.0.1", "WORKSPACE_DNS_PORT": str(names.port)}
        for salt, trusted in ((40, "127.0.0.0/8"), (50, "")):
            with _second_smtp(stack, WORKSPACE_TRUSTED_NETWORKS=trusted, **asked) as (process, port):
                letters = [signer.signed(each) for each in _letters(MESSAGES, salt)]
                _receive([port], letters[:40])
                before = cpu(process)
                _receive([port], letters[40:])
                spent.append((cpu(process) - before) / (MESSAGES - 40))
    off, on = spent
    return [
        ("", "CPU a message", ""),
        ("taken as they are", milliseconds(off), ""),
        ("SPF, DKIM, ARC and DMARC", milliseconds(on), f"ratio {on / off:.2f}; {len(names.asked)} questions to DNS"),
    ]


def _beside(ours: float) -> Iterator[tuple[str, str, str]]:
    """What the same letters cost other servers by LMTP, with whatever they cause counted as in ours."""
    yield "", "CPU a message", "ours beside it"
    yield "ours by SMTP, all processes", milliseconds(ours), ""
    with beside() as peers:
        for peer in (peer for peer in peers if peer.lmtp):
            # An account is there once it has logged in.
            if peer.imap:
                asyncio.run(ImapClient.once("127.0.0.1", peer.imap, peer.address, peer.password))
            sent = functools.partial(send, "127.0.0.1", peer.lmtp, SENDER, peer.address, hello=b"LHLO")
            asyncio.run(sent(letters=_letters(40, 60), connections=CONNECTIONS))
            before = peer.cpu()
            asyncio.run(sent(letters=_letters(MESSAGES, 61), connections=CONNECTIONS))
            spent = (peer.cpu() - before) / MESSAGES
            yield f"{peer.name} by LMTP", milliseconds(spent), f"{ours / spent:.1f}"


def run() -> None:
    """Print the tables."""
    with running(os.environ.get("WORKSPACE_LOCAL_BROKER", "embedded")) as stack:
        first = stack.port("smtp")
        smtp = psutil.Process(stack.pid("mail-smtp"))
        _receive([first], _letters(20, 1))
        early = _operations(stack, 2)
        ours, whole, rate = _measured(stack, [first], [smtp], 10)
        with _second_smtp(stack) as (other, port):
            both, _, rate_of_two = _measured(stack, [first, port], [smtp, other], 20)
        late = _operations(stack, 30)
        table(
            "Per message",
            [
                ("", "empty mailbox", f"after {2 * MESSAGES} more messages"),
                ("database operations", f"{early[0]:.2f}", f"{late[0]:.2f}"),
                ("blob writes", f"{early[1]:.2f}", f"{late[1]:.2f}"),
            ],
        )
        parts = _bare(stack, ALONE)
        bare = sum(parts.values())
        spared = parts[f"{ALONE} inserts"] * max(0.0, 1 - late[0] / ALONE)
        rows = [("bare part", "CPU a message", "of all parts")]
        rows += [(name, milliseconds(spent), f"{spent / bare:.0%}") for name, spent in parts.items()]
        rows += [
            ("all bare parts", milliseconds(bare), "100%"),
            ("ours, one process", milliseconds(ours), f"ratio {ours / bare:.2f} (goal 1.30)"),
            # Arrivals share transactions, so that we need fewer writes than a message alone: the stricter measure.
            ("the same, beside no more inserts than our operations", "", f"ratio {ours / (bare - spared):.2f}"),
            (
                "ours, two processes",
                milliseconds(both),
                f"ratio {both / bare:.2f}, {rate_of_two / rate:.2f} times the rate",
            ),
        ]
        table("SMTP reception, 8 KB messages, 8 connections", rows)
        table("Reception with all checks off and on", _examined(stack))
    table("Reception beside the servers of Debian", list(_beside(whole)))
