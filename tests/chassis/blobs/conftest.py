"""Blob stores of a test's own, on the embedded object store and database."""

import base64
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from minio import Minio

from chassis.blobs import BlobStore, Bucket, KeyRing, Sweeper, blob_indexes, connect_objects
from chassis.documents import connect, ensure_indexes
from chassis.documents.connect import close
from chassis.settings import ServiceSettings
from deploy.local.standins import ObjectStore


def key(name: str) -> str:
    return f"{name}:{base64.b64encode(os.urandom(32)).decode()}"


@dataclass
class Blobs:
    """A store and what lies beneath it, for tests that reach below."""

    store: BlobStore
    sweeper: Sweeper
    records: Any
    bucket: Bucket
    client: Minio
    key: str

    def objects(self) -> list[str]:
        return [str(item.object_name) for item in self.client.list_objects(self.bucket.name)]

    def again(self, keys: str) -> "Blobs":
        """The same data under other keys."""
        ring = KeyRing.parse(keys)
        store = BlobStore(self.records, self.bucket, ring)
        return Blobs(store, Sweeper(self.records, self.bucket, ring), self.records, self.bucket, self.client, keys)


@pytest.fixture
def object_settings(object_store: ObjectStore) -> Callable[..., ServiceSettings]:
    def settings(**changed: Any) -> ServiceSettings:
        chosen = {
            "s3_endpoint": object_store.endpoint,
            "s3_access_key": object_store.access_key,
            "s3_secret_key": object_store.secret_key,
        }
        return ServiceSettings(**{**chosen, **changed})

    return settings


@pytest.fixture
async def blobs(
    documents_url: str, database_name: str, object_settings: Callable[..., ServiceSettings]
) -> AsyncIterator[Blobs]:
    database = connect(documents_url, database_name)
    await ensure_indexes(database, blob_indexes())
    client = connect_objects(object_settings())
    bucket = Bucket(client, database_name.replace("_", "-"))
    await bucket.ensure()
    own = key("k1")
    records = database["blobs"]
    ring = KeyRing.parse(own)
    yield Blobs(BlobStore(records, bucket, ring), Sweeper(records, bucket, ring), records, bucket, client, own)
    await close(database)
