"""The mail service's context on the embedded database and object store."""

import base64
import os
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from chassis.blobs import BlobStore, Bucket, KeyRing, Sweeper, blob_indexes, connect_objects
from chassis.documents import QueryRecorder, connect, scans
from chassis.documents.connect import close
from chassis.ids import new_id
from chassis.settings import ServiceSettings
from deploy.local.standins import ObjectStore
from services.mail.domain.envelope import Domains
from services.mail.store import INDEXES, MailStore
from services.mail.usecases import Mail
from tests.databases import Databases
from tests.mail.house import Clock, House, KnownPeople, Queued

KEYS = KeyRing.parse(f"k1:{base64.b64encode(os.urandom(32)).decode()}")


def _own_name(request: pytest.FixtureRequest) -> str | None:
    """The name of the test's own database, where it asks for it to let other processes in."""
    return request.getfixturevalue("database_name") if "database_name" in request.node.fixturenames else None


@pytest.fixture
async def mail_database(databases: Databases, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """A database with mail's indexes; the test's own, where it has one."""
    indexes = (*INDEXES, *blob_indexes())
    own = _own_name(request)
    if own is not None:
        await databases.prepare(own, indexes)
        yield own
    else:
        async with databases.lent("mail", indexes) as name:
            yield name


@pytest.fixture
async def reclaimable(
    documents_url: str, mail_database: str, object_store: ObjectStore, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[BlobStore, Sweeper]]:
    """A blob store, and what sweeps it."""
    settings = ServiceSettings(
        s3_endpoint=object_store.endpoint, s3_access_key=object_store.access_key, s3_secret_key=object_store.secret_key
    )
    database = connect(documents_url, mail_database)
    bucket = Bucket(connect_objects(settings), (_own_name(request) or f"test_{new_id().lower()}").replace("_", "-"))
    await bucket.ensure()
    yield BlobStore(database["blobs"], bucket, KEYS), Sweeper(database["blobs"], bucket, KEYS)
    await close(database)


@pytest.fixture
def blobs(reclaimable: tuple[BlobStore, Sweeper]) -> BlobStore:
    return reclaimable[0]


@pytest.fixture
async def house(documents_url: str, mail_database: str, blobs: BlobStore) -> AsyncIterator[House]:
    """The service, every query of which has to have an index."""
    recorder = QueryRecorder()
    database = connect(documents_url, mail_database, listeners=[recorder])
    people, queued, clock = KnownPeople(), Queued(), Clock()
    nudges: list[tuple[str, Any]] = []

    async def nudge(account_ids: Sequence[str], change: Any) -> None:
        nudges.extend((account_id, change) for account_id in account_ids)

    mail = Mail(
        store=MailStore(database),
        blobs=blobs,
        keys=KEYS,
        people=people,
        directory=people,
        queue=queued,
        nudge=nudge,
        domains=Domains(("gouv.tg",)),
        now=clock,
    )
    house = House(mail, database, recorder, people, queued, clock, nudges)
    yield house
    unindexed = await scans(database, house.recorder)
    await house.check_usages()
    await close(database)
    # Blobs are the chassis' own collection, which tests look into.
    assert [shape for shape in unindexed if not shape.startswith("blobs ")] == []


@pytest.fixture
def owner() -> str:
    return "01JACCOUNT0000000000000001"
