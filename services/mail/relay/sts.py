"""The MTA-STS policy of a domain that we send to (RFC 8461): DNS says whether there is one and whether it is new, the
domain's policy host says what it is, and what was said holds for its time, whoever is away meanwhile."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from services.mail.domain.sts import MAX_POLICY, BadPolicy, StsPolicy, read_policy, record_id
from services.mail.domain.tls_results import STS_CERTIFICATE, STS_FETCH, STS_INVALID
from services.mail.relay.https import Https, NotFetched, NotProven
from services.mail.store.sts_policies import KeptPolicy, StsPolicies
from services.mail.usecases.context import Names

log = structlog.get_logger(__name__)
# A policy host that failed is not asked again for so long (RFC 8461 §3.3).
PAUSE = timedelta(minutes=5)
REFRESH_PAUSE = timedelta(hours=1)
# How often what is kept is looked over.
REFRESH_SECONDS = 600.0
REMEMBERED = 10_000


@dataclass(frozen=True)
class Found:
    """The policy that holds, if any; `problem` is why there is not the one that DNS announces (RFC 8460 §4.3.2.2)."""

    policy: StsPolicy | None = None
    problem: str = ""


class _Unusable(Exception):
    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class Sts:
    """Policies of others."""

    def __init__(self, store: StsPolicies, names: Names, https: Https, now: Callable[[], datetime]) -> None:
        self._store = store
        self._names = names
        self._https = https
        self._now = now
        self._fetching: dict[str, asyncio.Task[Found]] = {}
        # What failed, of which id, and until when nobody is asked again.
        self._failed: dict[str, tuple[str, datetime, str]] = {}

    async def of(self, domain: str) -> Found:
        """What holds for a domain now. Raises as the store does."""
        now = self._now()
        kept = await self._store.of(domain, now)
        if kept is not None:
            await self._store.used(kept, now)
        announced = await self._announced(domain)
        if not announced or (kept is not None and kept.record_id == announced):
            return Found(kept.policy if kept is not None else None)
        found = await self._renewed(domain, announced)
        return found if found.policy is not None or kept is None else Found(kept.policy, found.problem)

    async def refresh(self) -> int:
        """Fetch again what ends soon enough; returns how many were looked at. A domain that no longer announces a
        policy keeps the one it has until that ends."""
        due = await self._store.claim_due(self._now(), REFRESH_PAUSE)
        for kept in due:
            if announced := await self._announced(kept.domain):
                await self._renewed(kept.domain, announced, kept)
        return len(due)

    async def _announced(self, domain: str) -> str:
        return record_id(await self._names.ask(f"_mta-sts.{domain}", "TXT") or ())

    async def _renewed(self, domain: str, announced: str, kept: KeptPolicy | None = None) -> Found:
        """Fetched once, however many letters wait for it."""
        failed = self._failed.get(domain)
        if failed is not None and failed[0] == announced and failed[1] > self._now():
            return Found(problem=failed[2])
        task = self._fetching.get(domain)
        if task is None:
            task = self._fetching[domain] = asyncio.create_task(self._fetch(domain, announced, kept))
            task.add_done_callback(lambda _: self._fetching.pop(domain, None))
        return await asyncio.shield(task)

    async def _fetch(self, domain: str, announced: str, kept: KeptPolicy | None) -> Found:
        now = self._now()
        try:
            policy = await self._served(domain)
        except _Unusable as unusable:
            log.warning(
                "sts_policy_not_fetched", domain=domain, problem=unusable.problem, error=str(unusable.__cause__)
            )
            if len(self._failed) >= REMEMBERED:
                self._failed.clear()
            self._failed[domain] = announced, now + PAUSE, unusable.problem
            return Found(problem=unusable.problem)
        await self._store.keep(domain, announced, policy, now, kept.used_at if kept is not None else now)
        return Found(policy)

    async def _served(self, domain: str) -> StsPolicy:
        try:
            answer = await self._https.get(f"mta-sts.{domain}", "/.well-known/mta-sts.txt", MAX_POLICY)
        except NotProven as error:
            raise _Unusable(STS_CERTIFICATE) from error
        except NotFetched as error:
            raise _Unusable(STS_FETCH) from error
        if answer.status != 200 or answer.media_type != "text/plain":
            raise _Unusable(STS_FETCH)
        try:
            return read_policy(answer.body)
        except BadPolicy as error:
            raise _Unusable(STS_INVALID) from error
