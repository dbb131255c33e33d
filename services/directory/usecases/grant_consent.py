"""Agree to what a client asks, or refuse; either way the browser goes on with the request."""

from chassis.identity import current_identity
from services.directory.domain.consents import Consent
from services.directory.domain.scopes import in_order
from services.directory.usecases import facts
from services.directory.usecases.authority import caller
from services.directory.usecases.context import Directory
from services.directory.usecases.describe_authorization import asked_of_caller
from services.directory.usecases.pending_authorization import denied, path_to, waiting_for_consent


async def grant_consent(directory: Directory, text: str) -> str:
    """Where the browser goes on. What was agreed to before stays. Raises `NotFound`."""
    account = await caller(directory)
    client, request = await asked_of_caller(directory, text)
    before = await directory.openid.consents.find(account.id, client.id)
    scopes = in_order((*request.scopes, *(before.scopes if before else ())))
    told = facts.recorded(
        "grant_consent", client.id, client.name, account.unit_path, details={"scopes": " ".join(request.scopes)}
    )
    await directory.openid.consents.grant(Consent(account.id, client.id, scopes, directory.clock()), [told])
    return path_to(directory, waiting_for_consent(directory, text, current_identity().session_id))


async def deny_consent(directory: Directory, text: str) -> str:
    """Where the browser goes on, for the client to be told. Raises `NotFound`."""
    await caller(directory)
    return path_to(directory, denied(waiting_for_consent(directory, text, current_identity().session_id)))
