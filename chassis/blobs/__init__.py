"""Blobs: immutable bytes under an address, sealed, written before the document that names them.

blobs = BlobStore(database["blobs"], Bucket(connect_objects(settings), "mail"), KeyRing.of(settings))
reference = await blobs.put(chunks, limit=50_000_000)
async for piece in blobs.open(reference.address, offset=10, length=100): ...
"""

from chassis.blobs.bucket import Bucket, BucketPart, LateBucketPart, connect_objects
from chassis.blobs.keys import KeyRing
from chassis.blobs.records import blob_indexes
from chassis.blobs.seal import Damaged
from chassis.blobs.store import BlobRef, BlobStore
from chassis.blobs.sweep import Sweeper

__all__ = [
    "BlobRef",
    "BlobStore",
    "Bucket",
    "BucketPart",
    "Damaged",
    "KeyRing",
    "LateBucketPart",
    "Sweeper",
    "blob_indexes",
    "connect_objects",
]
