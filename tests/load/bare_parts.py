"""What receiving a message costs at the least: its parts, each alone, in CPU seconds a message."""

import asyncio
import io
import multiprocessing
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

import psutil
from aiosmtpd.smtp import SMTP
from fast_mail_parser import parse_email
from minio import Minio

from chassis.documents import connect
from deploy.local.standins import ObjectStore, documents_url
from tests.load.smtp_client import send


class _Discard:
    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        return "250 OK"


def _serve(pipe: Connection) -> None:
    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(_Discard(), loop=loop), "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await loop.run_in_executor(None, pipe.recv)

    asyncio.run(serve())


def aiosmtpd_discarding(letters: Sequence[bytes], connections: int) -> float:
    """CPU seconds a message of aiosmtpd that throws each away."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,))
    server.start()
    port = ours.recv()
    process = psutil.Process(server.pid)
    asyncio.run(send("127.0.0.1", port, "a@load.example", "b@load.example", letters[:connections], connections))
    before = process.cpu_times()
    asyncio.run(send("127.0.0.1", port, "a@load.example", "b@load.example", letters, connections))
    after = process.cpu_times()
    ours.send(None)
    server.join(5)
    return (after.user + after.system - before.user - before.system) / len(letters)


def _own_cpu(act: Callable[[bytes], object], letters: Sequence[bytes]) -> float:
    act(letters[0])
    began = time.process_time()
    for letter in letters:
        act(letter)
    return (time.process_time() - began) / len(letters)


def parsing(letters: Sequence[bytes]) -> float:
    """CPU seconds a message of fast-mail-parser."""
    return _own_cpu(parse_email, letters)


def blob_put(letters: Sequence[bytes], objects: ObjectStore) -> float:
    """CPU seconds of one PUT of a message by the minio client, the store itself not counted."""
    client = Minio(
        objects.endpoint, access_key=objects.access_key, secret_key=objects.secret_key, secure=False, region="us-east-1"
    )
    if not client.bucket_exists("load-bare"):
        client.make_bucket("load-bare")
    names = iter(range(10**9))
    return _own_cpu(
        lambda letter: client.put_object("load-bare", str(next(names)), io.BytesIO(letter), len(letter)), letters
    )


def inserts(letters: Sequence[bytes], documents_port: int, operations: int) -> float:
    """CPU seconds of `operations` single writes by motor, the database itself not counted."""

    async def run() -> float:
        database = connect(documents_url(documents_port), "load_bare")
        await database.box.insert_one({})
        began = time.process_time()
        for letter in letters:
            for _ in range(operations):
                await database.box.insert_one(
                    {"owner": "o", "flags": [], "envelope": letter[:600], "size": len(letter)}
                )
        spent = time.process_time() - began
        database.client.drop_database("load_bare")
        return spent / len(letters)

    return asyncio.run(run())
