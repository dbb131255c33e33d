"""What is reclaimed, and what never is."""

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from chassis.blobs import BlobRef, BlobStore
from chassis.documents import QueryRecorder, connect, scans
from chassis.documents.connect import close

LONG_AGO = timedelta(days=30)


async def aged(blobs: Any, content: bytes) -> BlobRef:
    """A blob that nobody touched for a month."""
    reference: BlobRef = await blobs.store.put_bytes(content)
    record = await blobs.records.find_one({"_id": reference.address})
    await blobs.records.update_one({"_id": reference.address}, {"$set": {"touched": record["touched"] - LONG_AGO}})
    return reference


def naming(*addresses: str) -> Any:
    async def still_named(asked: Sequence[str]) -> set[str]:
        return set(asked) & set(addresses)

    return still_named


async def test_what_no_document_names_goes_after_the_grace_time(blobs: Any) -> None:
    kept, gone, young = await aged(blobs, b"kept"), await aged(blobs, b"gone"), await blobs.store.put_bytes(b"young")
    assert await blobs.sweeper.sweep(naming(kept.address)) == 1
    assert await blobs.store.read(kept.address) == b"kept"
    assert await blobs.store.read(young.address) == b"young"
    assert not await blobs.store.exists(gone.address)
    assert len(blobs.objects()) == 2


async def test_what_is_named_is_not_asked_for_at_each_round(blobs: Any) -> None:
    kept = await aged(blobs, b"kept")
    asked: list[str] = []

    async def still_named(addresses: Sequence[str]) -> set[str]:
        asked.extend(addresses)
        return set(addresses)

    for _ in range(3):
        assert await blobs.sweeper.sweep(still_named) == 0
    assert asked == [kept.address]


async def test_a_reuse_during_the_sweep_wins(blobs: Any) -> None:
    reference = await aged(blobs, b"letter")

    async def reused_meanwhile(addresses: Sequence[str]) -> set[str]:
        assert await blobs.store.put_bytes(b"letter") == reference
        return set()

    assert await blobs.sweeper.sweep(reused_meanwhile) == 0
    assert await blobs.store.read(reference.address) == b"letter"


async def test_what_was_swept_can_be_put_again(blobs: Any) -> None:
    reference = await aged(blobs, b"letter")
    assert await blobs.sweeper.sweep(naming()) == 1
    assert await blobs.store.put_bytes(b"letter") == reference
    assert await blobs.store.read(reference.address) == b"letter"


async def test_a_crash_between_object_and_record_leaves_nothing(blobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = await blobs.store.put_bytes(b"kept")

    async def crash(*_: object) -> BlobRef:
        raise ConnectionResetError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(BlobStore, "_record", crash)
        with pytest.raises(ConnectionResetError):
            await blobs.store.put_bytes(b"orphan")
    assert len(blobs.objects()) == 2
    assert await blobs.sweeper.sweep_objects() == 0  # younger than the grace time: may be under way
    assert await blobs.sweeper.sweep_objects(timedelta(seconds=-2)) == 1
    assert await blobs.store.read(kept.address) == b"kept"


async def test_a_crash_between_claim_and_removal_leaves_nothing(blobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    await blobs.store.put_bytes(b"kept")
    await blobs.sweeper.sweep_objects(timedelta(seconds=-2))
    await aged(blobs, b"gone")

    async def crash(names: list[str]) -> None:
        raise ConnectionResetError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(blobs.bucket, "remove_all", crash)
        with pytest.raises(ConnectionResetError):
            await blobs.sweeper.sweep(naming())
    removed = sum([await blobs.sweeper.sweep_objects(timedelta(seconds=-2)) for _ in range(2)])
    assert removed == 1
    assert len(blobs.objects()) == 1


async def test_keys_rotate_without_touching_content(blobs: Any) -> None:
    references = {content: await blobs.store.put_bytes(content) for content in (os.urandom(500) for _ in range(5))}
    before = blobs.objects()
    new = "k2:" + "B" * 43 + "="
    both = blobs.again(f"{new},{blobs.key}")
    assert await both.sweeper.rewrap() == 5
    assert await both.sweeper.rewrap() == 0
    only_new = blobs.again(new)
    for content, reference in references.items():
        assert await only_new.store.read(reference.address) == content
    assert blobs.objects() == before


async def test_every_query_uses_an_index(blobs: Any, documents_url: str, database_name: str) -> None:
    recorder = QueryRecorder()
    database = connect(documents_url, database_name, listeners=[recorder])
    blobs.records = database["blobs"]
    seen = blobs.again("k2:" + "B" * 43 + "=," + blobs.key)
    reference = await seen.store.put_bytes(b"letter")
    await seen.store.put_bytes(b"letter")
    await seen.store.read(reference.address)
    await seen.sweeper.rewrap()
    await seen.sweeper.sweep(naming(reference.address), timedelta(seconds=-2))
    await seen.sweeper.sweep_objects(timedelta(seconds=-2))
    assert await scans(database, recorder) == []
    await close(database)
