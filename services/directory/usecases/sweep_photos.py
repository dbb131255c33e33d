"""Give back the room of photos that nobody has any more."""

from services.directory.usecases.context import Directory


async def sweep_photos(directory: Directory) -> int:
    """How many went. Raises `Unavailable`."""
    return await directory.photos.sweep()
