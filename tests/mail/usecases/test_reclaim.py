"""Blobs live as long as a document names them."""

from datetime import timedelta
from functools import partial

from chassis.blobs import BlobStore, Sweeper
from chassis.errors import NotFound
from services.mail.domain.uids import ALL
from services.mail.usecases import copy, expunge, named_blobs
from services.mail.usecases.recoverable import forget_recoverable
from tests.mail.house import House, letter


async def kept(blobs: BlobStore, address: str) -> bool:
    try:
        return bool([piece async for piece in blobs.open(address)])
    except NotFound:
        return False


async def test_a_blob_goes_with_the_last_message_that_names_it(
    house: House, owner: str, reclaimable: tuple[BlobStore, Sweeper]
) -> None:
    blobs, sweeper = reclaimable
    sweep = partial(sweeper.sweep, partial(named_blobs, house.mail), timedelta(seconds=-1))
    content = await house.content(letter())
    await house.deliver(letter(), owner)
    box, archive = await house.box(owner), await house.box(owner, "Archive")
    await copy(house.mail, owner, box.id, ALL, archive.id)
    await expunge(house.mail, owner, box.id, ALL, only_deleted=False)
    named = await named_blobs(house.mail, [content.blob, "none"])
    assert named == {content.blob}
    await expunge(house.mail, owner, archive.id, ALL, only_deleted=False)
    # Until then it can be had back.
    assert await named_blobs(house.mail, [content.blob]) == {content.blob}
    house.clock.advance(days=31)
    assert await forget_recoverable(house.mail) == 2
    assert await named_blobs(house.mail, [content.blob]) == set()
    assert await sweep() >= 1
    assert not await kept(blobs, content.blob)


async def test_a_blob_that_no_document_came_to_name_is_swept_and_a_queued_one_is_not(
    house: House, reclaimable: tuple[BlobStore, Sweeper]
) -> None:
    blobs, sweeper = reclaimable
    lost, queued = await house.content(letter("Lost")), await house.content(letter("Queued"))
    house.queued.entries.append({"blob": queued.blob})
    named = await named_blobs(house.mail, [lost.blob, queued.blob])
    assert named == {queued.blob}
    assert await kept(blobs, lost.blob)
    assert await sweeper.sweep(partial(named_blobs, house.mail), timedelta(days=1)) == 0
    assert await kept(blobs, lost.blob)
