"""The blob store against a real object store and database."""

import asyncio
import io
import os
import tracemalloc
from collections.abc import AsyncIterator, Callable
from typing import Any

import psutil
import pytest
from pydantic import SecretStr

from chassis.blobs import BlobStore, Bucket, Damaged, KeyRing, connect_objects
from chassis.blobs.seal import CHUNK
from chassis.errors import NotFound, TooLarge, Unavailable
from chassis.settings import ServiceSettings
from deploy.local.standins import ObjectStore

MIB = 1024 * 1024


async def pieces(content: bytes, size: int = 50_000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, MIB, MIB + 1, 3 * MIB + 5])
async def test_what_is_put_is_read(blobs: Any, size: int) -> None:
    content = os.urandom(size)
    reference = await blobs.store.put(pieces(content))
    assert reference.size == size
    assert await blobs.store.read(reference.address) == content
    assert await blobs.store.exists(reference.address)


async def test_a_small_body_in_memory_has_the_same_address(blobs: Any) -> None:
    assert await blobs.store.put_bytes(b"letter") == await blobs.store.put(pieces(b"letter", 2))


async def test_ranges(blobs: Any) -> None:
    size = 2 * MIB + 77
    content = os.urandom(size)
    address = (await blobs.store.put(pieces(content))).address
    edges = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 16 * CHUNK - 1, 16 * CHUNK, size - 1, size, size + 5]
    for offset in edges:
        for length in (0, 1, CHUNK, 17 * CHUNK, None):
            end = None if length is None else offset + length
            assert await blobs.store.read(address, offset=offset, length=length) == content[offset:end], (
                offset,
                length,
            )


async def test_a_range_reads_only_its_chunks(blobs: Any) -> None:
    address = (await blobs.store.put(pieces(os.urandom(2 * MIB)))).address
    asked: list[int] = []
    read = blobs.bucket.read

    async def noting(name: str, start: int, octets: int) -> bytes:
        asked.append(octets)
        return bytes(await read(name, start, octets))

    blobs.bucket.read = noting
    await blobs.store.read(address, offset=10 * CHUNK + 5, length=100)
    assert asked == [CHUNK + 16]


async def test_stored_bytes_tell_nothing(blobs: Any) -> None:
    await blobs.store.put_bytes(b"confidential" * 100)
    stored = b"".join(blobs.client.get_object(blobs.bucket.name, name).read() for name in blobs.objects())
    record = await blobs.records.find_one({})
    assert b"confidential" not in stored
    assert b"confidential" not in str(record).encode()


async def test_the_same_bytes_are_kept_once(blobs: Any) -> None:
    for content in (b"x" * 1000, b"y" * (2 * MIB)):
        first = await blobs.store.put(pieces(content))
        assert await blobs.store.put(pieces(content)) == first
    assert len(blobs.objects()) == 2


@pytest.mark.parametrize("size", [1000, MIB + 1000])
async def test_the_same_bytes_at_once_are_kept_once(blobs: Any, size: int) -> None:
    content = os.urandom(size)
    references = await asyncio.gather(*(blobs.store.put(pieces(content)) for _ in range(12)))
    assert len(set(references)) == 1
    assert len(blobs.objects()) == 1
    assert await blobs.store.read(references[0].address) == content


async def test_a_limit_ends_the_reading(blobs: Any) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield bytes(100_000)

    with pytest.raises(TooLarge):
        await blobs.store.put(endless(), limit=3 * MIB)
    assert taken < 40
    assert blobs.objects() == []


async def test_an_unknown_address_is_not_found(blobs: Any) -> None:
    with pytest.raises(NotFound):
        await blobs.store.read("0" * 64)
    assert not await blobs.store.touch("0" * 64)


async def test_a_missing_object_is_not_found(blobs: Any) -> None:
    address = (await blobs.store.put_bytes(b"letter")).address
    blobs.client.remove_object(blobs.bucket.name, blobs.objects()[0])
    with pytest.raises(NotFound):
        await blobs.store.read(address)


@pytest.mark.parametrize(
    "damage", [lambda c: c[:-1], lambda c: c[:5] + bytes([c[5] ^ 1]) + c[6:], lambda c: c[: CHUNK + 16]]
)
async def test_a_damaged_object_is_noticed(blobs: Any, damage: Callable[[bytes], bytes]) -> None:
    address = (await blobs.store.put_bytes(os.urandom(CHUNK + 50))).address
    name = blobs.objects()[0]
    sealed = damage(blobs.client.get_object(blobs.bucket.name, name).read())
    blobs.client.put_object(blobs.bucket.name, name, io.BytesIO(sealed), len(sealed))
    with pytest.raises(Damaged):
        await blobs.store.read(address)


async def test_objects_exchanged_are_noticed(blobs: Any) -> None:
    one, two = [(await blobs.store.put_bytes(content)).address for content in (b"one", b"two")]
    other = await blobs.records.find_one({"_id": two})
    await blobs.records.update_one({"_id": one}, {"$set": {"object": other["object"], "key": other["key"]}})
    with pytest.raises(Damaged):
        await blobs.store.read(one)


async def test_an_object_store_that_refuses_is_unavailable(blobs: Any, object_settings: Any) -> None:
    refusing = Bucket(connect_objects(object_settings(s3_secret_key="wrong")), blobs.bucket.name)
    away = Bucket(connect_objects(object_settings(s3_endpoint="127.0.0.1:9")), blobs.bucket.name)
    for bucket in (refusing, away):
        store = BlobStore(blobs.records, bucket, KeyRing.parse(blobs.key))
        for size in (10, 2 * MIB):
            with pytest.raises(Unavailable):
                await store.put(pieces(os.urandom(size)))
    assert await blobs.records.count_documents({}) == 0


async def test_a_database_that_is_away_is_unavailable(object_settings: Callable[..., ServiceSettings]) -> None:
    from motor.motor_asyncio import AsyncIOMotorClient

    client: Any = AsyncIOMotorClient("mongodb://127.0.0.1:9", serverSelectionTimeoutMS=100)
    bucket = Bucket(connect_objects(object_settings()), "unused")
    store = BlobStore(client["x"]["blobs"], bucket, KeyRing.parse("k:" + "A" * 43 + "="))
    with pytest.raises(Unavailable):
        await store.put_bytes(b"letter")
    client.close()


async def test_memory_stays_flat_for_200_megabytes(blobs: Any) -> None:
    block = os.urandom(65536)
    count = 200 * MIB // len(block)

    async def long() -> AsyncIterator[bytes]:
        for number in range(count):
            yield block[number % 1000 :] + block[: number % 1000]

    before = psutil.Process().memory_info().rss
    tracemalloc.start()
    try:
        reference = await blobs.store.put(long())
        total = 0
        async for piece in blobs.store.open(reference.address):
            total += len(piece)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert reference.size == total == 200 * MIB
    assert peak < 24 * MIB
    assert psutil.Process().memory_info().rss - before < 64 * MIB


async def test_a_bucket_that_is_away_is_a_fault_of_the_store_and_not_a_missing_blob(object_store: ObjectStore) -> None:
    settings = ServiceSettings(
        s3_endpoint=object_store.endpoint,
        s3_access_key=SecretStr(object_store.access_key),
        s3_secret_key=SecretStr(object_store.secret_key),
    )
    away = Bucket(connect_objects(settings), "never-made")
    with pytest.raises(Unavailable):
        await away.write("one", b"content")
    with pytest.raises(Unavailable):
        await away.read("one", 0, 1)


async def test_a_record_whose_insertion_the_driver_repeats_keeps_its_object(blobs: Any) -> None:
    """As after a database that was killed between writing a document and saying so, and forgot that it had."""
    insert = blobs.records.insert_one

    async def forgotten(document: dict[str, Any]) -> Any:
        await insert(document)
        return await insert(document)

    store = BlobStore(Repeating(blobs.records, forgotten), blobs.bucket, KeyRing.parse(blobs.key))
    reference = await store.put(pieces(b"acknowledged"))
    assert await blobs.store.read(reference.address) == b"acknowledged"
    again = await store.put(pieces(b"acknowledged"))
    assert again == reference
    assert len(blobs.objects()) == 1


class Repeating:
    """A collection through a driver that had to repeat an insertion."""

    def __init__(self, collection: Any, insert_one: Callable[[dict[str, Any]], Any]) -> None:
        self._collection = collection
        self.insert_one = insert_one

    def __getattr__(self, name: str) -> Any:
        return getattr(self._collection, name)
