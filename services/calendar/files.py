"""Where attached files are kept: as sealed blobs in calendar's own bucket."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Protocol

from chassis.blobs import BlobRef, BlobStore, Sweeper
from chassis.errors import InvalidInput, TooManyRequests
from services.calendar.domain.attachments import MAX_OCTETS
from services.calendar.store.attachments import AttachmentStore

# Uploads under way in a process, each of a temporary file; those of one account; and how long one may take.
UPLOADS, OF_ONE = 32, 4
UPLOAD_SECONDS = 540.0
RETRY_SECONDS = 5.0


class Malware(Protocol):
    """`chassis.clamd.Clamd`, as far as files pass it."""

    def passing(self, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]: ...


class Files:
    """Raises `Unavailable` while the object store is away; nothing else of calendar waits for that."""

    def __init__(
        self, attachments: AttachmentStore, blobs: BlobStore, sweeper: Sweeper, malware: Malware | None = None
    ) -> None:
        self._attachments, self._blobs, self._sweeper = attachments, blobs, sweeper
        self._malware = malware
        self._uploading: Counter[str] = Counter()

    @asynccontextmanager
    async def uploading(self, account_id: str) -> AsyncIterator[None]:
        """The place of one upload. Raises `TooManyRequests`, and `InvalidInput` for one that takes too long."""
        if self._uploading[account_id] >= OF_ONE or self._uploading.total() >= UPLOADS:
            raise TooManyRequests("Other files are being taken in", retry_after=RETRY_SECONDS)
        self._uploading[account_id] += 1
        try:
            async with asyncio.timeout(UPLOAD_SECONDS):
                yield
        except TimeoutError as error:
            raise InvalidInput("The file took too long", fields={"file": "too slow"}) from error
        finally:
            self._uploading[account_id] -= 1
            if not self._uploading[account_id]:
                del self._uploading[account_id]

    async def put(self, pieces: AsyncIterator[bytes]) -> BlobRef:
        """Durable when it returns, and kept once an attachment names it. Raises `TooLarge`, `Forbidden` for what
        carries malware, `Unavailable` also while nobody can look."""
        if self._malware is None:
            return await self._blobs.put(pieces, limit=MAX_OCTETS)
        # Closed here: it holds a connection.
        async with aclosing(self._malware.passing(pieces)) as passing:
            return await self._blobs.put(passing, limit=MAX_OCTETS)

    def open(self, address: str, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """Its octets, in pieces. Raises `NotFound`, `Unavailable`."""
        return self._blobs.open(address, offset=offset, length=length)

    async def release(self, address: str) -> None:
        """An attachment names it no more: the next sweep takes it, unless another one has the same octets."""
        await self._blobs.release(address)

    async def sweep(self) -> int:
        """Remove what no attachment names, and bring the rest under the newest service key; how many went."""
        removed = await self._sweeper.sweep(self._attachments.named)
        removed += await self._sweeper.sweep_objects()
        await self._sweeper.rewrap()
        return removed
