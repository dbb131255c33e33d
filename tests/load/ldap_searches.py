"""Searches among 70,000 people by LDAP, over connections kept open: CPU of our server beside slapd's in the same run.

Where slapd is not installed, beside a figure of it from a machine of 2 cores among 70,000 entries: 12,500 searches by
mail a second at 0.036 ms of CPU.
"""

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.local.layout import ROOT
from deploy.local.standins import free_port
from services.directory.ldap.codec.ber import boolean, element, integer, octets, sequence
from tests.load.address_book import KEYS, LARGE, PASSWORD, administration
from tests.load.report import cpu, milliseconds, resident, table
from tests.load.slapd import ADMINISTRATOR, program, slapd
from tests.running import ready_at, until

CONNECTIONS = 8
SEARCHES = 20_000
BASE = b"dc=gouv,dc=tg"
_DONE = 0x65


def _message(number: int, tag: int, content: bytes) -> bytes:
    return sequence((integer(number), element(tag, content)))


def _search(wanted: bytes) -> bytes:
    attributes = sequence((octets(b"cn"), octets(b"mail"), octets(b"telephoneNumber")))
    limits = integer(2, 0x0A) + integer(0, 0x0A) + integer(0) + integer(0) + boolean(False)
    return _message(2, 0x63, octets(BASE) + limits + wanted + attributes)


def by_mail(address: str) -> bytes:
    return _search(sequence((octets(b"mail"), octets(address.encode())), 0xA3))


def by_beginning(name: str) -> bytes:
    """As an address book completes: `(|(cn=x*)(sn=x*)(mail=x*))`."""
    head = sequence((octets(name.encode(), 0x80),))
    items = (sequence((octets(attribute), head), 0xA4) for attribute in (b"cn", b"sn", b"mail"))
    return _search(sequence(items, 0xA1))


@dataclass(frozen=True)
class Cost:
    """CPU seconds of a search, and searches a second."""

    each: float
    rate: float


BY_MAIL = "(mail=…)"
ELSEWHERE = {BY_MAIL: Cost(0.036e-3, 12_500)}


async def _answer(reader: asyncio.StreamReader) -> int:
    """The tag of the next message's operation."""
    head = await reader.readexactly(2)
    size = head[1]
    if size >= 0x80:
        size = int.from_bytes(await reader.readexactly(size & 0x7F), "big")
    content = await reader.readexactly(size)
    return content[2 + content[1]]


async def _client(port: int, address: str, requests: Sequence[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(_message(1, 0x60, integer(3) + octets(address.encode()) + octets(PASSWORD.encode(), 0x80)))
    await _answer(reader)
    for request in requests:
        writer.write(request)
        while await _answer(reader) != _DONE:
            pass
    writer.close()


async def _load(port: int, address: str, requests: Sequence[bytes]) -> float:
    began = time.perf_counter()
    await asyncio.gather(*(_client(port, address, requests[first::CONNECTIONS]) for first in range(CONNECTIONS)))
    return time.perf_counter() - began


@contextmanager
def _server(url: str, name: str) -> Iterator[tuple[psutil.Process, int]]:
    """The process that operators start, on free ports, without TLS as slapd was measured."""
    port, ops = free_port(), f"127.0.0.1:{free_port()}"
    told = {
        "WORKSPACE_MONGODB_URL": url, "WORKSPACE_MONGODB_DATABASE": name, "WORKSPACE_SERVICE_KEYS": KEYS,
        "WORKSPACE_OPS_LISTEN": ops, "WORKSPACE_LDAP_LISTEN": f"127.0.0.1:{port}",
        "WORKSPACE_LDAPS_LISTEN": f"127.0.0.1:{free_port()}", "WORKSPACE_LDAP_PLAIN_LOGIN": "true",
        "WORKSPACE_PROTOCOL_OWN_PASSWORD": "true", "PYTHONPATH": f"{ROOT}:{ROOT / 'proto/gen'}",
    }  # fmt: skip
    environment = {key: value for key, value in os.environ.items() if not key.startswith("WORKSPACE_")} | told
    process = subprocess.Popen(
        [sys.executable, "-m", "services.directory", "ldap"],
        env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(lambda: ready_at(ops), 300)
        yield psutil.Process(process.pid), port
    finally:
        process.terminate()
        process.wait(20)


async def _cost(process: psutil.Process, port: int, who: str, requests: Sequence[bytes]) -> Cost:
    await _load(port, who, requests[: len(requests) // 20])
    before = cpu(process)
    seconds = await _load(port, who, requests)
    return Cost((cpu(process) - before) / len(requests), len(requests) / seconds)


async def _measured() -> list[tuple[str, ...]]:
    chance = random.Random(11)
    rows: list[tuple[str, ...]] = [
        ("searches", "CPU each", "a second", "slapd's CPU", "a second", "CPU beside slapd's")
    ]
    with tempfile.TemporaryDirectory(prefix="wsldap") as folder:
        async with administration(LARGE, Path(folder)) as (_, population, url, name):
            accounts, first = population.accounts, population.accounts[0].address
            names = [chance.choice(accounts).profile.family_name for _ in range(SEARCHES // 4)]
            kinds = {
                BY_MAIL: [by_mail(chance.choice(accounts).address) for _ in range(SEARCHES)],
                "(|(cn=abc*)(sn=abc*)(mail=abc*))": [by_beginning(each[:5]) for each in names],
            }
            theirs = dict(ELSEWHERE)
            if program():
                with slapd(Path(folder) / "slapd", accounts, PASSWORD) as (process, port):
                    theirs = {kind: await _cost(process, port, ADMINISTRATOR, each) for kind, each in kinds.items()}
            with _server(url, name) as (process, port):
                for kind, requests in kinds.items():
                    ours = await _cost(process, port, first, requests)
                    rows.append((kind, milliseconds(ours.each), f"{ours.rate:.0f}", *_beside(ours, theirs.get(kind))))
                rows.append(("memory of the process", f"{resident(process) >> 20} MiB", "", "", "", ""))
    return rows


def _beside(ours: Cost, theirs: Cost | None) -> tuple[str, str, str]:
    if theirs is None:
        return "", "", ""
    return milliseconds(theirs.each), f"{theirs.rate:.0f}", f"{ours.each / theirs.each:.1f}"


def run() -> None:
    """Print the table."""
    where = "in the same run" if program() else "elsewhere (it is not installed here: apt-get install slapd)"
    rows = asyncio.run(_measured())
    table(f"LDAP among {LARGE:,} people, {CONNECTIONS} connections; slapd {where}", rows)
