"""Which servers of a domain may be spoken to, and how they have to prove themselves."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from services.mail.domain.dane import MOST_RECORDS, Tlsa
from services.mail.domain.sts import Mode, StsPolicy
from services.mail.domain.tls_results import INVALID, TLSA_INVALID, Applied, Session
from services.mail.relay.route import Names, NoRoute, Router, Server, Tls
from services.mail.relay.sts import Found

# What wants more already is not made to want less.
_TESTED = {Tls.OPPORTUNISTIC: Tls.TESTED}


class Policies(Protocol):
    """`services.mail.relay.sts.Sts`."""

    async def of(self, domain: str) -> Found: ...


class Results(Protocol):
    """Where it is kept how connections went."""

    async def note(self, session: Session) -> None:
        """Never raises: no letter waits for it."""
        ...


class Unkept:
    """Nobody is told."""

    async def note(self, session: Session) -> None:
        """Forgotten."""


class Secured:
    """A `Router` over that of a domain's own DNS. Where DNSSEC proves TLSA records of a server these count, and no
    MTA-STS policy makes up for what they refuse (RFC 8461 §2)."""

    def __init__(self, router: Router, names: Names, sts: Policies, results: Results) -> None:
        self._router = router
        self._names = names
        self._sts = sts
        self._results = results

    async def servers(self, domain: str, *, whatever_tls: bool = False) -> Sequence[Server]:
        """Raises `NoRoute`, for a domain whose policy names none of its servers too."""
        servers = await self._router.servers(domain)
        if whatever_tls or domain.startswith("["):
            return servers
        servers = await self._with_tlsa(domain, servers)
        if all(server.tls is Tls.DANE for server in servers):
            return servers
        found = await self._sts.of(domain)
        if found.problem:
            await self._results.note(Session(Applied("sts", domain), found.problem))
        if found.policy is None or found.policy.mode is Mode.NONE:
            applied = Applied("no-policy-found", domain)
            return [server if server.tls is Tls.DANE else replace(server, applied=applied) for server in servers]
        return await self._under(domain, found.policy, servers)

    async def _with_tlsa(self, domain: str, servers: Sequence[Server]) -> Sequence[Server]:
        """Each with what its TLSA records want; raises `NoRoute` where they could not be looked up (RFC 7672 §2.2)."""
        places = dict.fromkeys((server.name, server.port) for server in servers if server.named_by_dnssec)
        found = {place: await self._tlsa(*place) for place in places}
        kept: list[Server] = []
        for server in servers:
            records = found.get((server.name, server.port), ()) if server.named_by_dnssec else ()
            if records is None:
                continue
            if not records:
                kept.append(server)
                continue
            usable = any(record.usable for record in records)
            applied = Applied("tlsa", domain, tuple(record.line for record in records), (server.name,))
            kept.append(replace(server, tls=Tls.DANE if usable else Tls.ENCRYPTED, tlsa=records, applied=applied))
            if not usable:
                await self._results.note(Session(applied, TLSA_INVALID, server.name, server.address))
        if not kept:
            raise NoRoute("4.4.3", f"TLSA records of the servers of {domain} could not be looked up")
        return kept

    async def _tlsa(self, name: str, port: int) -> tuple[Tlsa, ...] | None:
        """Those that DNSSEC proves; None when they could not be looked up."""
        answer = await self._names.ask_proven(f"_{port}._tcp.{name}", "TLSA")
        if answer is None:
            return None
        records, proven = answer
        return tuple(Tlsa(*record) for record in records[:MOST_RECORDS]) if proven else ()

    async def _under(self, domain: str, policy: StsPolicy, servers: Sequence[Server]) -> Sequence[Server]:
        applied = Applied("sts", domain, policy.lines, policy.mx)
        kept: list[Server] = []
        strangers: dict[str, None] = {}
        for server in servers:
            if server.tls is Tls.DANE:
                kept.append(server)
            elif policy.names(server.name):
                tls = Tls.REQUIRED if policy.mode is Mode.ENFORCE else _TESTED.get(server.tls, server.tls)
                kept.append(replace(server, tls=tls, applied=applied))
            else:
                strangers[server.name] = None
                if policy.mode is Mode.TESTING:
                    kept.append(replace(server, applied=None))
        for name in strangers:
            await self._results.note(Session(applied, INVALID, name))
        if not kept:
            raise NoRoute("4.7.5", f"The policy of {domain} names none of its servers")
        return kept
