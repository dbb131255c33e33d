"""A person's photo for an address book that shows what the asking one may see already."""

from chassis.errors import Unavailable
from services.directory.domain.photos import USUAL
from services.directory.usecases.context import Directory

MOST_OCTETS = 64 * 1024


async def read_photo(directory: Directory, account_id: str) -> bytes:
    """A small JPEG; empty when there is none, or none can be read now: a name without a photo is still a name."""
    account = await directory.accounts.find(account_id)
    if account is None or account.photo is None:
        return b""
    try:
        octets = await directory.photos.read(account.photo.of(USUAL))
    except Unavailable:
        return b""
    return octets if len(octets) <= MOST_OCTETS else b""
