"""What a request that waits for consent asks of the person."""

from collections.abc import Iterable
from dataclasses import dataclass

from chassis.errors import NotFound
from chassis.identity import current_identity
from services.directory.domain.authorization import AuthorizationRequest, OAuthFault, parsed
from services.directory.domain.clients import Client
from services.directory.domain.redirects import origin_of
from services.directory.domain.scopes import WORDS
from services.directory.usecases.authority import caller
from services.directory.usecases.context import Directory
from services.directory.usecases.pending_authorization import waiting_for_consent


@dataclass(frozen=True)
class Words:
    """A scope as people read it, and whether it was agreed to before."""

    scope: str
    french: str
    english: str
    granted: bool


@dataclass(frozen=True)
class Described:
    """What a consent page shows."""

    client: Client
    unit_name: str
    scopes: list[Words]
    redirect_origin: str


def in_words(scopes: Iterable[str], granted: Iterable[str]) -> list[Words]:
    before = set(granted)
    return [Words(scope, *WORDS[scope], granted=scope in before) for scope in scopes]


async def describe_authorization(directory: Directory, text: str) -> Described:
    """Raises `NotFound`: nobody reads what another session is asked."""
    account = await caller(directory)
    client, request = await asked_of_caller(directory, text)
    consent = await directory.openid.consents.find(account.id, client.id)
    unit = (await directory.tree.current()).heir(client.unit_id) if client.unit_id else None
    return Described(
        client,
        unit.name if unit else "",
        in_words(request.scopes, consent.scopes if consent else ()),
        origin_of(request.redirect_uri),
    )


async def asked_of_caller(directory: Directory, text: str) -> tuple[Client, AuthorizationRequest]:
    """Who asks the caller's session for what. Raises `NotFound`, also when the client has changed meanwhile."""
    pending = waiting_for_consent(directory, text, current_identity().session_id)
    client = await directory.openid.clients.find(pending.parameters.get("client_id", ""))
    try:
        if client is None or client.disabled or not client.redirects_to(pending.parameters.get("redirect_uri", "")):
            raise NotFound("There is no such application")
        return client, parsed(pending.parameters, client)
    except OAuthFault as fault:
        raise NotFound("There is no such request") from fault
