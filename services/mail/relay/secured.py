"""Which servers of a domain may be spoken to, and how they have to prove themselves."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from services.mail.domain.sts import Mode, StsPolicy
from services.mail.domain.tls_results import INVALID, Applied, Session
from services.mail.relay.route import NoRoute, Router, Server, Tls
from services.mail.relay.sts import Found


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
    """A `Router` over that of a domain's own DNS."""

    def __init__(self, router: Router, sts: Policies, results: Results) -> None:
        self._router = router
        self._sts = sts
        self._results = results

    async def servers(self, domain: str) -> Sequence[Server]:
        """Raises `NoRoute`, for a domain whose policy names none of its servers too."""
        servers = await self._router.servers(domain)
        if domain.startswith("["):
            return servers
        found = await self._sts.of(domain)
        if found.problem:
            await self._results.note(Session(Applied("sts", domain), found.problem))
        if found.policy is None or found.policy.mode is Mode.NONE:
            applied = Applied("no-policy-found", domain)
            return [replace(server, applied=applied) for server in servers]
        return await self._under(domain, found.policy, servers)

    async def _under(self, domain: str, policy: StsPolicy, servers: Sequence[Server]) -> Sequence[Server]:
        applied = Applied("sts", domain, policy.lines, policy.mx)
        for name in dict.fromkeys(server.name for server in servers if not policy.names(server.name)):
            await self._results.note(Session(applied, INVALID, name))
        if policy.mode is Mode.TESTING:
            return [
                replace(server, tls=Tls.TESTED, applied=applied)
                if policy.names(server.name)
                else replace(server, applied=None)
                for server in servers
            ]
        named = [replace(server, tls=Tls.REQUIRED, applied=applied) for server in servers if policy.names(server.name)]
        if not named:
            raise NoRoute("4.7.5", f"The policy of {domain} names none of its servers")
        return named
