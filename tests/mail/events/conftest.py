"""Mail's worker as a process of its own, beside the service's context in the test's hands."""

import asyncio
import base64
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection, Queue
from workspace.directory.v1 import events_pb2

from chassis.documents import connect
from chassis.documents.connect import close
from chassis.events import fact, parse_envelope
from chassis.events.publishing import Outgoing, Publisher, events_exchange
from deploy.local.standins import ObjectStore
from services.mail.bootstrap import wire
from services.mail.settings import Settings
from services.mail.usecases import Mail

NAMES = ["Archive", "Drafts", "INBOX", "Junk", "Sent", "Trash"]


@dataclass
class Worker:
    """A started worker and its surroundings."""

    settings: Settings
    database: Any
    mail: Mail
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("WORKSPACE_")}
        own = {
            "WORKSPACE_MONGODB_URL": self.settings.mongodb_url,
            "WORKSPACE_MONGODB_DATABASE": self.settings.mongodb_database,
            "WORKSPACE_BROKER_URL": self.settings.broker_url,
            "WORKSPACE_S3_ENDPOINT": self.settings.s3_endpoint,
            "WORKSPACE_S3_ACCESS_KEY": self.settings.s3_access_key.get_secret_value(),
            "WORKSPACE_S3_SECRET_KEY": self.settings.s3_secret_key.get_secret_value(),
            "WORKSPACE_SERVICE_KEYS": self.settings.service_keys.get_secret_value(),
            "WORKSPACE_BUCKET": self.settings.bucket,
            "WORKSPACE_DRAIN_SECONDS": "3",
            "PYTHONPATH": os.pathsep.join([".", "proto/gen"]),
        }
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.mail", "worker"], env={**kept, **own}, stdout=output, stderr=output
            )

    def end(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Its exit status."""
        assert self.process is not None
        self.process.send_signal(sign)
        return self.process.wait(20)

    async def ready(self) -> bool:
        return b'"event": "ready"' in self.log.read_bytes()

    async def mailboxes(self, owner: str) -> list[str]:
        found = await self.database["mailboxes"].find({"owner": owner}).to_list(None)
        return sorted(box["name"] for box in found)

    async def until(self, true: Any, seconds: float = 40) -> None:
        for _ in range(int(seconds / 0.05)):
            if await true():
                return
            assert self.process is None or self.process.poll() is None, self.log.read_text()[-3000:]
            await asyncio.sleep(0.05)
        raise AssertionError(self.log.read_text()[-3000:])

    def tell(self, account_id: str, address: str, *, version: int = 1, kind: Any = events_pb2.AccountCreated) -> None:
        """Publish a fact of directory."""
        account = events_pb2.AccountFact(account_id=account_id, address=address, display_name="Agent")
        entry = fact(kind(account=account), subject=account_id, version=version)
        publisher = Publisher(self.settings.broker_url, [events_exchange("directory")])
        publisher.publish([Outgoing("directory.events", entry["type"], entry["body"])])
        publisher.close()


@pytest.fixture
async def worker(
    documents_url: str, database_name: str, object_store: ObjectStore, broker_url: str, tmp_path: Path
) -> AsyncIterator[Worker]:
    settings = Settings(
        mongodb_url=documents_url,
        mongodb_database=database_name,
        broker_url=broker_url,
        s3_endpoint=object_store.endpoint,
        s3_access_key=object_store.access_key,
        s3_secret_key=object_store.secret_key,
        service_keys=f"k1:{base64.b64encode(os.urandom(32)).decode()}",
        bucket=database_name.replace("_", "-"),
    )
    wired = wire(settings)
    for part in wired.parts:
        await part.start()
    database = connect(documents_url, database_name)
    worker = Worker(settings, database, wired.mail, tmp_path / "worker.log")
    yield worker
    if worker.process is not None and worker.process.poll() is None:
        worker.end(signal.SIGKILL)
    await close(database)


@pytest.fixture
def heard(broker_url: str) -> Iterator[Any]:
    """Everything that mail publishes, as another service's queue holds it."""
    with Connection(broker_url) as connection:
        queue = Queue("test.all", events_exchange("mail"), routing_key="#")(connection.channel())
        queue.declare()

        def drain() -> list[Any]:
            found = []
            while (message := queue.get()) is not None:
                found.append(parse_envelope(message.body))
                message.ack()
            return found

        yield drain
