"""Tell clients that somebody logged out (OpenID Connect Back-Channel Logout 1.0), again until they have heard."""

import asyncio

import structlog

from chassis.ids import new_id
from services.directory.domain.clients import Client
from services.directory.domain.logouts import EVENT, TOKEN_LIFETIME, Logout
from services.directory.usecases.client_tokens import keys_for
from services.directory.usecases.context import Directory

log = structlog.get_logger(__name__)


async def deliver_logouts(directory: Directory) -> None:
    """One try of each that is due."""
    now = directory.clock()
    due = [
        logout
        for logout in await directory.openid.logouts.due(now)
        if await directory.openid.logouts.claim(logout, now)
    ]
    await asyncio.gather(*(_deliver(directory, logout) for logout in due))


async def _deliver(directory: Directory, logout: Logout) -> None:
    client = await directory.openid.clients.find(logout.client_id)
    if client is None or not client.backchannel_logout_uri:
        await directory.openid.logouts.done(logout)
        return
    if await directory.openid.post(client.backchannel_logout_uri, await logout_token(directory, client, logout)):
        await directory.openid.logouts.done(logout)
        return
    again = logout.next_due(directory.clock())
    log.warning("logout_not_heard", client=client.id, uri=client.backchannel_logout_uri, given_up=again is None)
    if again is None:
        await directory.openid.logouts.done(logout)
    else:
        await directory.openid.logouts.failed(logout, again)


async def logout_token(directory: Directory, client: Client, logout: Logout) -> str:
    """§2.4: it has the member `events`, and never a `nonce`, so that it is no ID token."""
    now = directory.clock()
    claims = {
        "iss": directory.openid.issuer,
        "sub": logout.account_id,
        "aud": client.id,
        "iat": int(now.timestamp()),
        "exp": int((now + TOKEN_LIFETIME).timestamp()),
        "jti": new_id(),
        "sid": logout.session_id,
        "events": {EVENT: {}},
    }
    return await keys_for(directory, client).encode(claims, client.signing_alg, now, "logout+jwt")
