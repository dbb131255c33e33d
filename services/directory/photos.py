"""Where photos are kept: decoded one at a time, as sealed blobs in directory's own bucket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.blobs import BlobStore, Sweeper
from chassis.blocking import run_blocking
from chassis.errors import NotFound, TooManyRequests
from services.directory.domain.photos import Photo, Rendition, etag_of, renditions_of
from services.directory.store.photos import PhotoStore

# Uploads under way in a process, each of some megabytes; and how long one may take.
UPLOADS = 8
UPLOAD_SECONDS = 60.0
RETRY_SECONDS = 5.0


class Photos:
    """Raises `Unavailable` while the object store is away; nothing else of directory waits for that."""

    def __init__(self, photos: PhotoStore, blobs: BlobStore, sweeper: Sweeper) -> None:
        self._photos, self._blobs, self._sweeper = photos, blobs, sweeper
        self._uploading: set[str] = set()
        # A picture takes some hundred megabytes while it is decoded.
        self._one = asyncio.Semaphore(1)

    @asynccontextmanager
    async def uploading(self, account_id: str) -> AsyncIterator[None]:
        """The place of one upload, an account's only one. Raises `TooManyRequests`, `TimeoutError`."""
        if account_id in self._uploading or len(self._uploading) >= UPLOADS:
            raise TooManyRequests("Another photo is being taken in", retry_after=RETRY_SECONDS)
        self._uploading.add(account_id)
        try:
            async with asyncio.timeout(UPLOAD_SECONDS):
                yield
        finally:
            self._uploading.discard(account_id)

    async def keep(self, octets: bytes) -> Photo:
        """Make a photo of a picture; durable when it returns, and kept once an account names it. Raises
        `InvalidInput`, `Unavailable`."""
        async with self._one:
            made = await run_blocking(renditions_of, octets)
        renditions = []
        for size in sorted(made, reverse=True):
            blob = await self._blobs.put_bytes(made[size])
            renditions.append(Rendition(size, blob.address, blob.size))
        return Photo(etag_of(made), tuple(renditions))

    def open(self, rendition: Rendition, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """Its octets, in pieces. Raises `NotFound`, `Unavailable`."""
        return self._blobs.open(rendition.address, offset=offset, length=length)

    async def read(self, rendition: Rendition) -> bytes:
        """Its octets at once; empty where they have gone meanwhile. Raises `Unavailable`."""
        try:
            return await self._blobs.read(rendition.address)
        except NotFound:
            return b""

    async def release(self, photo: Photo | None) -> None:
        """No account names it any more: the next sweep takes it, unless another one has the same picture."""
        for rendition in photo.renditions if photo is not None else ():
            await self._blobs.release(rendition.address)

    async def sweep(self) -> int:
        """Remove what no account names, and bring the rest under the newest service key; how many went."""
        removed = await self._sweeper.sweep(self._photos.named)
        removed += await self._sweeper.sweep_objects()
        await self._sweeper.rewrap()
        return removed
