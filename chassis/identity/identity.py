"""The identity that a piece of work is done for, carried by the context."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from chassis.errors import Unauthenticated

# Clients that nobody can register: services of the platform that write letters in its own name.
PLATFORM_CLIENT = "platform:"
ADMINISTRATOR, HELP_DESK, AUDITOR = "administrator", "help_desk", "auditor"


@dataclass(frozen=True)
class Grant:
    """A role over a unit and all below it; an empty unit is the whole administration."""

    role: str
    unit: str = ""


@dataclass(frozen=True)
class Identity:
    """An account as its access token describes it."""

    account_id: str
    address: str
    session_id: str
    issued_at: datetime
    expires_at: datetime
    aliases: tuple[str, ...] = ()
    name: str = ""
    unit_path: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()
    # How the login was proven (RFC 8176), how strong that is, and when.
    amr: tuple[str, ...] = ()
    acr: str = ""
    authenticated_at: datetime | None = None
    # The OpenID client the token was issued to, and what it may do with it; None: the workspace itself, all.
    client_id: str = ""
    scopes: frozenset[str] | None = None
    # SHA-256 of the certificate that the token is bound to (RFC 8705 §3.1); who meets the client checks it.
    certificate: str = ""
    # Requests a minute and a day, of a client that acts for itself.
    quota: tuple[int, int] | None = None
    token: str = field(default="", repr=False)
    # Where its client is, as the gateway says; empty when unknown.
    remote: str = ""

    def allows(self, scope: str) -> bool:
        """Whether its token may be used for a scope; who may write may read."""
        return self.scopes is None or not self.scopes.isdisjoint({scope, scope.removesuffix(".read") + ".write"})

    @property
    def of_platform(self) -> bool:
        """Whether it is no account, but a service that writes letters in the platform's own name."""
        return self.client_id.startswith(PLATFORM_CLIENT)

    def holds(self, role: str) -> bool:
        """Whether it holds a role anywhere."""
        return any(grant.role == role for grant in self.grants)

    def administers(self, unit_path: tuple[str, ...]) -> bool:
        """Whether it administers the unit at the end of a path from the root; the empty path is the whole."""
        return self._over(ADMINISTRATOR, unit_path)

    def audits(self, unit_path: tuple[str, ...]) -> bool:
        """Whether it is an auditor of the unit at the end of a path."""
        return self._over(AUDITOR, unit_path)

    def _over(self, role: str, unit_path: tuple[str, ...]) -> bool:
        return any(grant.role == role and (grant.unit == "" or grant.unit in unit_path) for grant in self.grants)


_current: ContextVar[Identity | None] = ContextVar("identity", default=None)


def identity_or_none() -> Identity | None:
    return _current.get()


def current_identity() -> Identity:
    """The identity at hand; raises `Unauthenticated` when there is none."""
    identity = _current.get()
    if identity is None:
        raise Unauthenticated
    return identity


@contextmanager
def acting_as(identity: Identity | None) -> Iterator[None]:
    """Do what follows for this identity: facts name it as actor, rpcs carry its token."""
    token = _current.set(identity)
    try:
        yield
    finally:
        _current.reset(token)
