"""A bucket of the object store: plain S3 calls only, each off the loop, each failure typed."""

import asyncio
import contextlib
import io
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, BinaryIO, TypeVar

import urllib3
from minio import Minio
from minio.deleteobjects import DeleteObject
from minio.error import InvalidResponseError, MinioException, S3Error
from prometheus_client import Counter

from chassis.blocking import run_blocking
from chassis.errors import NotFound, Unavailable
from chassis.lifecycle import retrying
from chassis.part import Part
from chassis.settings import ServiceSettings

WRITES = Counter("workspace_blob_writes_total", "Objects written to the object store")

T = TypeVar("T")
CONNECTIONS = 32
LISTED_AT_ONCE = 1000
# A bucket that is away is a fault of the store; only a name within it can be gone for good.
_GONE = frozenset({"NoSuchKey", "NoSuchObject"})
# Answers to a range that an object does not have; some stores give the whole range this answer when a part is missing.
_OUTSIDE = {"InvalidRange", "InvalidArgument"}


def connect_objects(settings: ServiceSettings) -> Minio:
    """The client of the object store that the settings name."""
    return Minio(
        settings.s3_endpoint,
        access_key=settings.s3_access_key.get_secret_value(),
        secret_key=settings.s3_secret_key.get_secret_value(),
        secure=settings.s3_secure,
        region=settings.s3_region,
        http_client=urllib3.PoolManager(
            maxsize=CONNECTIONS,
            timeout=urllib3.Timeout(connect=3, read=60),
            retries=urllib3.Retry(total=2, backoff_factor=0.1, status_forcelist=[502, 503, 504]),
        ),
    )


def _typed(call: Callable[[], T]) -> T:
    try:
        return call()
    except S3Error as error:
        if error.code in _GONE:
            raise NotFound("The content is not there") from error
        raise Unavailable(f"object store: {error.code}") from error
    except (MinioException, urllib3.exceptions.HTTPError, OSError) as error:
        detail = "bad answer" if isinstance(error, InvalidResponseError) else type(error).__name__
        raise Unavailable(f"object store: {detail}") from error


class Bucket:
    """One bucket. Raises `NotFound` for what is not there, `Unavailable` when the store refuses or is away."""

    def __init__(self, client: Minio, name: str) -> None:
        self._client = client
        self.name = name

    async def _run(self, call: Callable[[], T]) -> T:
        return await run_blocking(_typed, call)

    async def write(self, name: str, content: bytes) -> None:
        """Write a small object."""
        await self.write_file(name, io.BytesIO(content), len(content))

    async def write_file(self, name: str, content: BinaryIO, octets: int) -> None:
        """Write an object from a file at its present position; parts of 5 MiB are in memory one at a time."""
        WRITES.inc()
        await self._run(lambda: self._client.put_object(self.name, name, content, octets, num_parallel_uploads=1))

    async def read(self, name: str, start: int, octets: int) -> bytes:
        """Some octets of an object; fewer when it is shorter."""

        def get() -> bytes:
            try:
                response = self._client.get_object(self.name, name, offset=start, length=octets)
            except S3Error as error:
                if error.code in _OUTSIDE:
                    return b""
                raise
            try:
                return response.read()
            finally:
                response.close()
                response.release_conn()

        return await self._run(get)

    async def remove(self, name: str) -> None:
        """Remove an object; one that is not there is no error."""
        await self._run(lambda: self._client.remove_object(self.name, name))

    async def remove_all(self, names: list[str]) -> None:
        def remove() -> None:
            objects = [DeleteObject(name) for name in names]
            for failure in self._client.remove_objects(self.name, objects):
                raise Unavailable(f"object store: {failure.code}")

        await self._run(remove)

    async def list_after(self, name: str) -> list[str]:
        """The next names in order after one, at most a thousand."""

        def listed() -> list[str]:
            found: Iterator[Any] = self._client.list_objects(self.name, start_after=name or None)
            return [item.object_name for item in islice(found, LISTED_AT_ONCE)]

        return await self._run(listed)

    async def ensure(self) -> None:
        """Make the bucket unless it exists."""

        def make() -> None:
            if not self._client.bucket_exists(self.name):
                try:
                    self._client.make_bucket(self.name)
                except S3Error as error:
                    if error.code not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
                        raise

        await self._run(make)

    async def exists(self) -> bool:
        return await self._run(lambda: self._client.bucket_exists(self.name))


class BucketPart(Part):
    """The bucket within a process: made at start, readiness by asking for it."""

    name = "objects"

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    async def start(self) -> None:
        await self._bucket.ensure()

    async def ready(self) -> bool:
        try:
            return await self._bucket.exists()
        except Unavailable:
            return False


class LateBucketPart(Part):
    """The bucket of a process that does most of its work without: made as soon as the object store is there, and no
    condition of starting or of being ready."""

    name = "objects"

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._making: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._making = asyncio.create_task(retrying(self.name, self._bucket.ensure))

    async def stop(self) -> None:
        if self._making is not None:
            self._making.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._making
