"""The relay as the process that operators start."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.local.certificates import Authority
from deploy.local.standins import ObjectStore
from services.mail.domain.queue import Entry
from tests.mail.house import letter
from tests.mail.processes import mail_environment, started
from tests.mail.relay.post import Post, RemoteOf

MESSAGES = 20
SECONDS = 40.0


async def test_nothing_is_lost_when_it_is_killed(
    post: Post,
    remote_of: RemoteOf,
    authority: Authority,
    documents_url: str,
    database_name: str,
    object_store: ObjectStore,
) -> None:
    remote = await remote_of(before_data=0.05)
    post.house.clock.moment = datetime.now(UTC) - timedelta(minutes=1)
    for number in range(MESSAGES):
        await post.enqueue(letter(f"Note {number}"), f"r{number}@example.org")
    smart_host = f"smtp://127.0.0.1:{remote.port}?tls=none"
    key = base64.b64encode(post.house.mail.blobs._keys._sealing.secret).decode()
    environment = mail_environment(
        authority, documents_url, database_name, object_store, smart_host=smart_host, service_keys=f"k1:{key}",
        relay_at_once="4",
    )  # fmt: skip

    async def until(count: int) -> None:
        async with asyncio.timeout(SECONDS):
            while len(remote.received) < count:
                await asyncio.sleep(0.01)

    async with started("relay", environment) as process:
        await until(MESSAGES // 4)
        process.kill()
        await process.wait()
    held = await post.entries()
    assert held
    await _leases_end(post, held)
    async with started("relay", environment) as process:
        async with asyncio.timeout(SECONDS):
            while await post.entries():
                await asyncio.sleep(0.02)
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 15) == 0
    reached = {recipients[0] for _, recipients, _ in remote.received}
    assert reached == {f"r{number}@example.org" for number in range(MESSAGES)}
    # Sent again is only what was between the remote's 250 and our note of it.
    assert len(remote.received) - MESSAGES <= 4


async def _leases_end(post: Post, held: list[dict[str, Any]]) -> None:
    now = post.house.clock()
    for document in held:
        await post.house.database["queue"].update_one({"_id": document["_id"]}, {"$set": {"due": now}})


def test_an_entry_knows_its_next_try() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    entry = Entry("e", "o", "s", "a@gouv.tg", "example.org", (), "b", 1, now, now)
    assert entry.next_try == now
    for minutes in (1, 5, 15, 30, 60, 120, 240, 240, 240):
        entry = entry.after_try([], now)
        assert entry.next_try - now == timedelta(minutes=minutes)
