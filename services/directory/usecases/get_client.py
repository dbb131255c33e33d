"""One client, for an administrator of its unit."""

from services.directory.domain.clients import Client
from services.directory.usecases.authority import caller
from services.directory.usecases.client_authority import administered_client
from services.directory.usecases.context import Directory


async def get_client(directory: Directory, client_id: str) -> Client:
    """Raises `NotFound`."""
    client, _ = await administered_client(directory, await caller(directory), client_id)
    return client
