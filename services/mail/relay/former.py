"""Domains that move here by degrees: their former servers take what is for whom nobody has here yet (ADR 48)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_network
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from chassis.errors import InvalidInput
from services.mail.domain.envelope import mail_domain
from services.mail.relay.route import Router, Server, SmartHost
from services.mail.smtp.networks import Network, within

_FORM = "a former server is domain=smtp://host:port?tls=required|opportunistic|none&network=192.0.2.0/24"


@dataclass(frozen=True)
class FormerServer:
    """Of one domain, whose name alone it stands for; `networks` are where it sends from."""

    domain: str
    server: Server
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, given: str) -> "FormerServer":
        """`sante.gouv.tg=smtp://mail.sante.gouv.tg:25?tls=required&network=192.0.2.0/24`; TLS is required where nothing
        is said. Raises `ValueError`."""
        name, equals, url = given.partition("=")
        parts = urlsplit(url)
        options = parse_qsl(parts.query, strict_parsing=True) if parts.query else []
        networks = tuple(ip_network(value) for key, value in options if key == "network")
        rest = {"tls": "required"} if parts.scheme == "smtp" else {}
        rest |= {key: value for key, value in options if key != "network"}
        if not equals or parts.username or rest.get("tls", "required") not in {"required", "opportunistic", "none"}:
            raise ValueError(_FORM)
        try:
            server = SmartHost.parse(urlunsplit(parts._replace(query=urlencode(rest)))).server
            domain = mail_domain(name)
        except (ValueError, InvalidInput) as error:
            raise ValueError(f"{_FORM}: {error}") from None
        return cls(domain, replace(server, former_of=domain), networks)

    def sends(self, peer: str) -> bool:
        return within(peer, self.networks)


def former_servers(given: str) -> tuple[FormerServer, ...]:
    """Those of a setting, separated by commas. Raises `ValueError`, for a domain that has two as well."""
    found = tuple(FormerServer.parse(each.strip()) for each in given.split(",") if each.strip())
    if len({each.domain for each in found}) < len(found):
        raise ValueError("a domain has one former server")
    return found


class Moving:
    """A `Router` by which what is for those domains goes to their former servers, whatever DNS says, and all else the
    way of another router."""

    def __init__(self, router: Router, formers: Sequence[FormerServer]) -> None:
        self._router = router
        self._servers = {each.domain: each.server for each in formers}

    async def servers(self, domain: str, *, whatever_tls: bool = False) -> Sequence[Server]:
        """Raises `NoRoute`."""
        if domain in self._servers:
            return [self._servers[domain]]
        return await self._router.servers(domain, whatever_tls=whatever_tls)
