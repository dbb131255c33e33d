"""Change a client's registration."""

from collections.abc import Collection
from dataclasses import replace

from chassis.errors import Conflict, InvalidInput
from services.directory.domain.clients import Client, proper
from services.directory.usecases import facts
from services.directory.usecases.authority import caller, unit_to_fill
from services.directory.usecases.change_account import TRIES
from services.directory.usecases.client_authority import administered_client, refuse_beyond
from services.directory.usecases.context import Directory
from services.directory.usecases.create_client import with_new_secret
from services.directory.usecases.second_administrator import ask_second_administrator
from services.directory.usecases.sensitive import registering, wide

# The mask's path: the entity's field.
FIELDS = {
    "name": "name",
    "client_uri": "client_uri",
    "unit_id": "unit_id",
    "redirect_uris": "redirect_uris",
    "post_logout_redirect_uris": "post_logout_redirect_uris",
    "backchannel_logout_uri": "backchannel_logout_uri",
    "scopes": "scopes",
    "id_token_signed_response_alg": "signing_alg",
    "jwks": "jwks",
    "jwks_uri": "jwks_uri",
    "tls_client_auth_subject_dn": "subject_dn",
    "tls_client_auth_san_dns": "san_dns",
    "certificate_bound_tokens": "certificate_bound",
    "origins": "origins",
    "first_party": "first_party",
    "requests_a_minute": "requests_a_minute",
    "requests_a_day": "requests_a_day",
    "disabled": "disabled",
}


async def update_client(directory: Directory, given: Client, fields: Collection[str]) -> Client:
    """Change the `fields` named. What a client is and how it proves itself is not changed: that is another client.

    Disabling one ends its sessions. Raises `InvalidInput`, `Forbidden`, `NotFound`, `Conflict`.
    """
    unknown = sorted(set(fields) - FIELDS.keys())
    if unknown or not fields:
        raise InvalidInput("Not fields that can be changed", fields={"update_mask": ", ".join(unknown) or "empty"})
    asking = await caller(directory)
    changes = {FIELDS[field]: getattr(given, FIELDS[field]) for field in fields}
    for _ in range(TRIES):
        before, path = await administered_client(directory, asking, given.id)
        changed = proper(replace(before, **changes), loopback=directory.openid.loopback)
        if changed == before:
            return before
        if changed.unit_id != before.unit_id:
            path = await unit_to_fill(directory, asking, changed.unit_id)
        refuse_beyond(asking, changed, before)
        if wide(changed, before):
            await ask_second_administrator(directory, asking, registering("update_client", changed, path, fields))
        after = replace(changed, version=before.version + 1)
        told = facts.recorded("update_client", after.id, after.name, path, details={"fields": " ".join(sorted(fields))})
        ends = after.disabled and not before.disabled
        if await directory.openid.clients.replace(after, [told], ends_sessions=ends):
            return after
    raise Conflict


async def rotate_client_secret(directory: Directory, client_id: str) -> tuple[Client, str]:
    """A new secret beside the last one. Raises `InvalidInput` for a client that proves itself otherwise."""
    asking = await caller(directory)
    for _ in range(TRIES):
        before, path = await administered_client(directory, asking, client_id)
        if not before.has_secret:
            raise InvalidInput("This client has no secret", fields={"client_id": before.auth_method})
        client, secret = with_new_secret(directory, replace(before, version=before.version + 1))
        told = facts.recorded("rotate_client_secret", client.id, client.name, path)
        if await directory.openid.clients.replace(client, [told]):
            return client, secret
    raise Conflict
