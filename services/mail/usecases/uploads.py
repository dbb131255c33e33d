"""Take a file in pieces, before it goes into a draft."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from chassis.errors import Conflict, InvalidInput, NotFound, TooLarge, TooManyRequests
from chassis.ids import new_id
from services.mail.domain.composing.letter import media_type
from services.mail.store.uploads import KEPT_SECONDS, Uploaded
from services.mail.usecases.context import Mail

# Of one account on their way at once: files, and octets as messages of the largest size.
MOST_UPLOADS, MOST_MESSAGES = 200, 4
MOST_PIECES = 2_000


def largest_file(mail: Mail) -> int:
    """Octets of a file that fits into a message: base64 makes four of three, lines and the rest take some."""
    return mail.options.max_message * 7 // 10


async def create_upload(mail: Mail, owner: str, filename: str, content_type: str, size: int) -> Uploaded:
    """Raises `InvalidInput`, `TooLarge`, `TooManyRequests`."""
    if size < 0:
        raise InvalidInput("Not a size", fields={"size": "must not be negative"})
    kind = media_type(content_type)
    if size > largest_file(mail):
        raise TooLarge(f"Attachments may have at most {largest_file(mail)} octets")
    count, octets = await mail.store.uploads.announced(owner)
    if count >= MOST_UPLOADS or octets + size > mail.options.max_message * MOST_MESSAGES:
        raise TooManyRequests("Too many files are on their way: finish or delete some")
    made = Uploaded(new_id(), filename[:255], kind, size, 0, (), mail.now())
    await mail.store.uploads.insert(owner, made)
    return made


async def get_upload(mail: Mail, owner: str, upload_id: str) -> Uploaded:
    """Raises `NotFound`."""
    return await mail.store.uploads.get(owner, upload_id)


async def put_piece(mail: Mail, owner: str, upload_id: str, offset: int, chunks: AsyncIterator[bytes]) -> Uploaded:
    """The file after it. A piece that is there already changes nothing.

    Raises `NotFound`, `InvalidInput` for no place in it, `Conflict` for one that would leave a gap, `TooLarge` for more
    than was announced, and whatever `chunks` does, which leaves all as it was.
    """
    if offset < 0:
        raise InvalidInput("Not a place", fields={"offset": "must not be negative"})
    found = await mail.store.uploads.get(owner, upload_id)
    if offset < found.received:
        return found
    if offset > found.received:
        raise Conflict("Octets before these are missing", fields={"received": str(found.received)})
    if len(found.pieces) >= MOST_PIECES:
        raise InvalidInput("Too many pieces", fields={"piece": f"more than {MOST_PIECES}: send larger ones"})
    stored = await mail.blobs.put(chunks, limit=found.size - offset)
    if stored.size:
        # Whoever was faster told of the same octets.
        await mail.store.uploads.add_piece(owner, upload_id, offset, stored.address, stored.size, mail.now())
    return await mail.store.uploads.get(owner, upload_id)


async def delete_upload(mail: Mail, owner: str, upload_id: str) -> None:
    """Raises `NotFound`."""
    if not await mail.store.uploads.remove(owner, [upload_id]):
        raise NotFound("No such upload")


def expires(upload: Uploaded) -> datetime:
    return upload.at + timedelta(seconds=KEPT_SECONDS)


async def open_upload(mail: Mail, upload: Uploaded) -> AsyncIterator[bytes]:
    for blob, _ in upload.pieces:
        async for octets in mail.blobs.open(blob):
            yield octets
