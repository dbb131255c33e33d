"""The clients that the caller has agreed to."""

from services.directory.domain.clients import Client
from services.directory.domain.consents import Consent
from services.directory.usecases.authority import caller
from services.directory.usecases.context import Directory


async def list_consents(directory: Directory) -> list[tuple[Consent, Client]]:
    """Newest first; what has been agreed with a client that is no more is of no interest."""
    account = await caller(directory)
    found = []
    for consent in await directory.openid.consents.of_account(account.id):
        client = await directory.openid.clients.find(consent.client_id)
        if client is not None:
            found.append((consent, client))
    return found
