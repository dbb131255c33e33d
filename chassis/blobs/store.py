"""The store of blobs: put, open, and what keeps them alive."""

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from typing import Any

from chassis.blobs.bucket import Bucket
from chassis.blobs.keys import KeyRing
from chassis.blobs.records import Record, Records
from chassis.blobs.seal import SEALED_CHUNK, Damaged, Opener, Sealer, new_data_key, span
from chassis.blobs.spool import SealedSpool
from chassis.errors import NotFound, TooLarge
from chassis.ids import new_id

# Up to this a body stays in memory.
SMALL = 1024 * 1024
# Up to this it is written first, and removed again if the same bytes are there already.
LETTER = 64 * 1024
# How much is asked of the object store at once: 16 chunks.
READ_AT_ONCE = 16


@dataclass(frozen=True)
class BlobRef:
    """What a document keeps of a blob. `size` in octets."""

    address: str
    size: int


class BlobStore:
    """Blobs of one service: sealed content in its bucket, a record of each in its database.

    The same bytes put twice are kept once. A blob lives while it is touched or named: `put` and `touch` give a grace
    time within which the document that names it has to be written.
    """

    def __init__(self, records: Any, objects: Bucket, keys: KeyRing) -> None:
        self._records = Records(records)
        self._objects = objects
        self._keys = keys

    async def put(self, chunks: AsyncIterable[bytes], *, limit: int | None = None) -> BlobRef:
        """Keep the bytes of `chunks`; durable when it returns.

        Raises `TooLarge` beyond `limit` octets (the rest is not read), `Unavailable` when the object store or the
        database does not take them. At most about 2 MiB are in memory, whatever the size.
        """
        digest = self._keys.address()
        head = bytearray()
        size = 0
        spool: SealedSpool | None = None
        try:
            async for chunk in chunks:
                size += len(chunk)
                if limit is not None and size > limit:
                    raise TooLarge(f"more than {limit} octets")
                digest.update(chunk)
                head += chunk
                if len(head) > SMALL:
                    spool = spool or SealedSpool()
                    await spool.write(bytes(head))
                    head.clear()
            if spool is None:
                return await self._put_small(bytes(head), digest.hexdigest())
            await spool.write(bytes(head))
            return await self._put_spool(spool, digest.hexdigest(), size)
        finally:
            if spool is not None:
                spool.close()

    async def put_bytes(self, content: bytes) -> BlobRef:
        """Keep a small body that is in memory anyway."""
        digest = self._keys.address()
        digest.update(content)
        return await self._put_small(content, digest.hexdigest())

    async def _put_small(self, content: bytes, address: str) -> BlobRef:
        reference = BlobRef(address, len(content))
        # Asking first whether it is there costs each new message a round trip; a letter is seldom known already, and
        # then only its own copy is written in vain.
        if len(content) > LETTER and await self._records.touch(address):
            return reference
        data_key, name = new_data_key(), new_id()
        sealer = Sealer(data_key)
        await self._objects.write(name, sealer.feed(content) + sealer.close())
        return await self._record(reference, data_key, name)

    async def _put_spool(self, spool: SealedSpool, address: str, size: int) -> BlobRef:
        reference = BlobRef(address, size)
        if await self._records.touch(address):
            return reference
        name = new_id()
        file, octets = await spool.finish()
        await self._objects.write_file(name, file, octets)
        return await self._record(reference, spool.data_key, name)

    async def _record(self, reference: BlobRef, data_key: bytes, name: str) -> BlobRef:
        record = Record.sealed(self._keys, data_key, reference.address, reference.size, name)
        while not await self._records.add(record):
            # Somebody wrote the same bytes meanwhile: theirs stays, unless it is swept at this very moment.
            if await self._records.touch(reference.address) and (kept := await self._records.find(reference.address)):
                # It is ours when the database died between writing it and saying so, and the driver asked again.
                if kept.object != name:
                    await self._objects.remove(name)
                break
        return reference

    async def open(self, address: str, *, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The plain bytes from `offset`, `length` of them or all; fewer when the blob ends before.

        Raises `NotFound`, `Damaged` when what is stored is not what was put, `Unavailable`.
        """
        record = await self._records.find(address)
        if record is None:
            raise NotFound("no such blob")
        end = record.size if length is None else min(record.size, offset + length)
        opener = Opener(record.data_key(self._keys), record.size)
        if end <= offset:
            return
        whole = span(record.size, offset, end - offset)
        skip, left = whole.skip, whole.keep
        for first in range(whole.first, whole.last + 1, READ_AT_ONCE):
            start = first * SEALED_CHUNK
            wanted = min(READ_AT_ONCE * SEALED_CHUNK, whole.start + whole.octets - start)
            sealed = await self._objects.read(record.object, start, wanted)
            if len(sealed) != wanted:
                raise Damaged("a blob is shorter than it was written")
            for index in range(0, wanted, SEALED_CHUNK):
                plain = opener.open(first + index // SEALED_CHUNK, sealed[index : index + SEALED_CHUNK])
                piece = plain[skip : skip + left]
                skip, left = 0, left - len(piece)
                yield piece

    async def read(self, address: str, *, offset: int = 0, length: int | None = None) -> bytes:
        """The bytes at once, where they are known to be few."""
        return b"".join([piece async for piece in self.open(address, offset=offset, length=length)])

    async def exists(self, address: str) -> bool:
        return await self._records.find(address) is not None

    async def touch(self, address: str) -> bool:
        """Keep a blob for another grace time, as before naming it in a further document. False when it is gone."""
        return await self._records.touch(address)

    async def release(self, address: str) -> None:
        """Say that a document names a blob no more: the next sweep takes it unless another one does, without waiting
        for the grace time. Whoever has put the same bytes within minutes keeps them."""
        await self._records.release(address)
