"""Who is asking, and whether that often: before anything of the request is read."""

import math
from dataclasses import dataclass, replace

from google.protobuf.message import Message

from chassis.errors import TooManyRequests, Unauthenticated
from chassis.identity import Identity, TokenVerifier
from chassis.networks import network
from chassis.rates import Allowance, Rate
from gateway.edge.certificates import thumbprint
from gateway.edge.classes import LOGIN, ClassRates
from gateway.edge.exchange import Exchange
from gateway.edge.quotas import Quotas


def bearer(authorization: str | None) -> str:
    """The token of an Authorization header field (RFC 6750 §2.1); empty when there is none."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


@dataclass(frozen=True)
class Rates:
    """By account first; addresses count only where no account is proven."""

    account: Rate
    address: Rate
    classes: ClassRates


class Access:
    """Admits or refuses."""

    def __init__(self, verifier: TokenVerifier, rates: Rates) -> None:
        self._verifier = verifier
        self._rates = rates
        self._quotas = Quotas()

    async def admit(self, exchange: Exchange, authorization: str | None) -> Identity:
        """The identity of a valid token. Raises `Unauthenticated`, `TooManyRequests`, `Unavailable`."""
        token = bearer(authorization)
        exchange.token_given = bool(token)
        try:
            identity = await self._known(token, thumbprint(exchange.certificate))
        except Unauthenticated:
            self.admit_anybody(exchange)
            raise
        self.count(exchange, identity)
        # Services are told where it comes from, by whatever edge.
        return replace(identity, remote=exchange.remote_address)

    def count(self, exchange: Exchange, identity: Identity) -> None:
        """One request of an account that is proven. Raises `TooManyRequests`."""
        exchange.account_id = identity.account_id
        if identity.quota is not None:
            self._heed(exchange, self._quotas.try_take(identity.client_id, *identity.quota))
        else:
            self._count(exchange, self._rates.account, identity.account_id)

    async def identity(self, token: str) -> Identity:
        """The identity of a valid token that is bound to no certificate. Raises `Unauthenticated`, `Unavailable`."""
        return await self._known(token, "")

    async def _known(self, token: str, certificate: str) -> Identity:
        if not token:
            raise Unauthenticated("A bearer token is needed")
        identity = await self._verifier.verify(token)
        if identity.certificate and identity.certificate != certificate:
            raise Unauthenticated("The token is bound to a certificate that did not come with it")
        return identity

    def admit_anybody(self, exchange: Exchange) -> None:
        """For calls that need no token, and for tokens that prove nothing."""
        self._count(exchange, self._rates.address, network(exchange.remote_address))

    def admit_public(self, exchange: Exchange, request: Message) -> None:
        """Guessing at one thing from one place is slow, and costs nobody else anything. Raises `TooManyRequests`."""
        for rate, key in self._rates.classes.counters(request, network(exchange.remote_address)):
            self._count(exchange, rate, key)

    def admit_guess(self, exchange: Exchange, address: str) -> None:
        """One password for an address, by whatever way it comes. Raises `TooManyRequests`."""
        self._count(exchange, *self._rates.classes.guess(LOGIN, network(exchange.remote_address), address))

    def _count(self, exchange: Exchange, rate: Rate, key: str) -> None:
        self._heed(exchange, rate.try_take(key))

    def _heed(self, exchange: Exchange, allowance: Allowance) -> None:
        exchange.headers.update(_headers(allowance))
        if allowance.retry_after:
            raise TooManyRequests(retry_after=allowance.retry_after)


def _headers(allowance: Allowance) -> dict[str, str]:
    """draft-ietf-httpapi-ratelimit-headers."""
    return {
        "ratelimit-policy": f'"{allowance.policy}";q={allowance.limit};w={int(allowance.window)}',
        "ratelimit": f'"{allowance.policy}";r={allowance.remaining};t={math.ceil(allowance.reset)}',
    }
