"""AUTH (RFC 4954): PLAIN, LOGIN, OAUTHBEARER."""

import asyncio

from chassis.errors import TooManyRequests, Unauthenticated, Unavailable
from chassis.identity import Identity
from services.mail.smtp.codec.reply import Refused
from services.mail.smtp.codec.sasl import Password, Token, decoded, oauthbearer, plain, text
from services.mail.smtp.connection import Connection

MAX_RESPONSE = 12288  # RFC 4954 §4.4
# RFC 7628 §3.2.2, sent before the refusal.
_BEARER_REFUSED = b'{"status":"invalid_token","schemes":"bearer"}'


async def auth(connection: Connection, argument: str) -> None:
    _want_allowed(connection)
    mechanism, _, initial = argument.partition(" ")
    mechanism = mechanism.upper()
    response = decoded(initial.strip().encode("ascii")) if initial.strip() else None
    credentials: Password | Token
    if mechanism == "PLAIN":
        credentials = plain(await _response(connection, response, b""))
    elif mechanism == "OAUTHBEARER":
        credentials = oauthbearer(await _response(connection, response, b""))
    elif mechanism == "LOGIN":
        name = await _response(connection, response, b"Username:")
        credentials = Password(text(name), text(await _response(connection, None, b"Password:")))
    else:
        raise Refused(504, "5.5.4", "Mechanism is not supported")
    connection.identity = await _identity(connection, credentials)
    connection.reply(235, "2.7.0", "Authenticated")


def _want_allowed(connection: Connection) -> None:
    connection.want_helo()
    if connection.policy.authenticator is None or not connection.extended:
        raise Refused(502, "5.5.1", "AUTH is not offered")
    if not connection.login_offered:
        raise Refused(538, "5.7.11", "Use STARTTLS first")
    if connection.identity is not None or connection.transaction.sender is not None:
        raise Refused(503, "5.5.1", "Not now")


async def _response(connection: Connection, initial: bytes | None, challenge: bytes) -> bytes:
    if initial is not None:
        return initial
    return decoded(await connection.challenge(challenge, MAX_RESPONSE))


async def _identity(connection: Connection, credentials: Password | Token) -> Identity:
    authenticator = connection.policy.authenticator
    if authenticator is None:
        raise Refused(502, "5.5.1", "AUTH is not offered")
    try:
        if isinstance(credentials, Token):
            return await authenticator.token(credentials.token)
        return await authenticator.password(credentials.address, credentials.password, connection.remote)
    except TooManyRequests as error:
        raise Refused(421, "4.7.0", "Too many failures; try again later", closing=True) from error
    except Unavailable as error:
        raise Refused(454, "4.7.0", "Logins cannot be checked now; try again later") from error
    except Unauthenticated as error:
        connection.failed_logins += 1
        if isinstance(credentials, Token):
            await connection.challenge(_BEARER_REFUSED, MAX_RESPONSE)
        await asyncio.sleep(connection.options.failed_login_pause)
        final = connection.failed_logins >= connection.options.failed_logins
        raise Refused(535, "5.7.8", "Wrong address or password", closing=final) from error
