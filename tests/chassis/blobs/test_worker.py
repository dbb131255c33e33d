"""The same store in a worker: eventlet on asyncio's loop, where threads are green."""

import asyncio
import os
import sys
from pathlib import Path

from deploy.local.standins import ObjectStore

ROOT = Path(__file__).resolve().parent.parent.parent.parent
PROGRAM = """
import os
os.environ["EVENTLET_HUB"] = "asyncio"
import eventlet
eventlet.monkey_patch()
from eventlet.asyncio import spawn_for_awaitable
from chassis.blobs import BlobStore, Bucket, KeyRing, connect_objects
from chassis.documents import connect
from chassis.settings import ServiceSettings

async def pieces(content):
    for start in range(0, len(content), 50_000):
        yield content[start : start + 50_000]

async def run():
    settings = ServiceSettings()
    bucket = Bucket(connect_objects(settings), "worker-blobs")
    await bucket.ensure()
    store = BlobStore(connect(settings.mongodb_url, os.environ["DATABASE"])["blobs"], bucket, KeyRing.of(settings))
    for size in (10, 3_000_000):
        content = os.urandom(size)
        reference = await store.put(pieces(content))
        assert await store.read(reference.address) == content
        assert await store.read(reference.address, offset=3, length=5) == content[3:8]
    print("kept")

spawn_for_awaitable(run()).wait()
"""


async def test_blobs_work_in_a_worker(documents_url: str, database_name: str, object_store: ObjectStore) -> None:
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("WORKSPACE_")}
    environment = surroundings | {
        "PYTHONPATH": f"{ROOT}:{ROOT / 'proto/gen'}",
        "DATABASE": database_name,
        "WORKSPACE_MONGODB_URL": documents_url,
        "WORKSPACE_S3_ENDPOINT": object_store.endpoint,
        "WORKSPACE_S3_ACCESS_KEY": object_store.access_key,
        "WORKSPACE_S3_SECRET_KEY": object_store.secret_key,
        "WORKSPACE_SERVICE_KEYS": "k1:" + "B" * 43 + "=",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, env=environment, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert output.decode().split() == ["kept"]
