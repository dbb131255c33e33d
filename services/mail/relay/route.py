"""Which servers take mail for a domain (RFC 5321 §5)."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from chassis.public_address import is_public
from services.mail.domain.dane import Tlsa
from services.mail.domain.tls_results import Applied

MAX_SERVERS = 5
MAX_ADDRESSES = 4


class Tls(Enum):
    """How a connection is protected."""

    NONE = "none"
    # Encrypt when the server offers it; whom we speak to is not proven (RFC 7435).
    OPPORTUNISTIC = "opportunistic"
    # STARTTLS with a proven certificate, if that can be had (RFC 8461 §5, "testing").
    TESTED = "tested"
    # STARTTLS, or nothing; whom we speak to is not proven.
    ENCRYPTED = "encrypted"
    # STARTTLS with a certificate that DNS names, or nothing (RFC 7672).
    DANE = "dane"
    # STARTTLS with a proven certificate, or nothing.
    REQUIRED = "required"
    # TLS from the first octet, with a proven certificate.
    IMPLICIT = "implicit"


@dataclass(frozen=True)
class Server:
    """Where to connect. `name` is whose certificate it has to have."""

    address: str
    port: int
    name: str
    tls: Tls = Tls.OPPORTUNISTIC
    user: str = ""
    password: str = ""
    # The policy of the domain that it is spoken to under; None where nobody is told how it went.
    applied: Applied | None = None
    # DNSSEC proves that this is a server of the domain.
    named_by_dnssec: bool = False
    tlsa: tuple[Tlsa, ...] = ()
    # The domain of ours that it was the server of, where it gets what is for whom is not here yet.
    former_of: str = ""


class NoRoute(Exception):
    """There is no server to try. Permanent when the domain does not take mail, else worth another try."""

    def __init__(self, status: str, diagnostic: str) -> None:
        super().__init__(diagnostic)
        self.status = status
        self.diagnostic = diagnostic

    @property
    def permanent(self) -> bool:
        return self.status.startswith("5")


class Router(Protocol):
    """Finds the servers of a domain, in the order in which they are to be tried."""

    async def servers(self, domain: str, *, whatever_tls: bool = False) -> Sequence[Server]:
        """Raises `NoRoute`. With `whatever_tls` no policy of the domain is asked for."""
        ...


@dataclass(frozen=True)
class SmartHost:
    """All mail goes to one server: `smtp://user:password@host:587?tls=required`, or `smtps://…`."""

    server: Server

    @classmethod
    def parse(cls, url: str) -> "SmartHost":
        """Raises `ValueError`."""
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or set(options) - {"tls"}:
            raise ValueError("a smart host is smtp://user:password@host:port?tls=none|opportunistic|required")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        chosen = Tls(options.get("tls", "required" if user else "opportunistic"))
        tls = Tls.IMPLICIT if parts.scheme == "smtps" else chosen
        port = parts.port or (465 if tls is Tls.IMPLICIT else 25)
        return cls(Server(parts.hostname, port, parts.hostname, tls, user, password))

    async def servers(self, domain: str, *, whatever_tls: bool = False) -> Sequence[Server]:  # noqa: ARG002
        return [self.server]


class Names(Protocol):
    """DNS: `chassis.resolver.Resolver`."""

    async def ask_proven(self, name: str, kind: str) -> tuple[list[Any], bool] | None: ...
    async def exists(self, name: str) -> bool | None: ...


class MailExchangers:
    """The servers that the domain's own DNS names."""

    def __init__(self, names: Names, *, port: int = 25, private_addresses: bool = False) -> None:
        self._dns = names
        self._port = port
        self._private = private_addresses

    async def servers(self, domain: str, *, whatever_tls: bool = False) -> Sequence[Server]:  # noqa: ARG002
        if domain.startswith("["):
            return self._of_literal(domain)
        names, proven = await self._names(domain)
        found: list[Server] = []
        trouble: NoRoute | None = None
        for name in names[:MAX_SERVERS]:
            try:
                addresses = await self._addresses(name)
            except NoRoute as error:
                if trouble is None or trouble.permanent:
                    trouble = error
                continue
            found += [
                Server(address, self._port, name, named_by_dnssec=proven and own)
                for address, own in addresses[:MAX_ADDRESSES]
            ]
        if not found:
            raise trouble or NoRoute("5.4.4", f"No server of {domain} has a public address")
        return found

    def _of_literal(self, domain: str) -> Sequence[Server]:
        address = domain.strip("[]").removeprefix("IPv6:").removeprefix("ipv6:")
        if not self._allowed(address):
            raise NoRoute("5.4.4", f"{domain} is no public address")
        return [Server(address, self._port, address)]

    async def _names(self, domain: str) -> tuple[list[str], bool]:
        """Names of the domain's exchangers, the preferred first, equals in any order; itself when it has none. And
        whether DNSSEC proves them: of itself its addresses do."""
        answers, proven = await self._ask(domain, "MX")
        if not answers:
            return [domain], True
        exchangers = [(preference, random.random(), name) for preference, name in answers]  # noqa: S311
        if [name for _, _, name in exchangers] == [""]:
            raise NoRoute("5.1.10", f"{domain} takes no mail")  # RFC 7505
        return [name for _, _, name in sorted(exchangers) if name], proven

    async def _addresses(self, name: str) -> list[tuple[str, bool]]:
        found = []
        for kind in ("A", "AAAA"):
            addresses, proven = await self._ask(name, kind)
            found += [(address, proven) for address in addresses]
        if not found and await self._dns.exists(name) is False:
            raise NoRoute("5.1.2", f"{name} does not exist")
        return [(address, proven) for address, proven in found if self._allowed(address)]

    def _allowed(self, address: str) -> bool:
        """Nobody's DNS sends our mail into our own network."""
        return self._private or is_public(address)

    async def _ask(self, name: str, kind: str) -> tuple[list[Any], bool]:
        """The records, none when the name has none of that kind, and whether DNSSEC proves them."""
        answer = await self._dns.ask_proven(name, kind)
        if answer is None:
            raise NoRoute("4.4.3", f"{name} could not be looked up")
        return answer
