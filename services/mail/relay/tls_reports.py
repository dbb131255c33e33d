"""Keeps how connections went for domains that want to know, and tells them once a day (RFC 8460)."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import structlog
from pymongo.errors import PyMongoError

from chassis.errors import WorkspaceError
from services.mail.domain.queue import REPORTER
from services.mail.domain.tls_reporting import Destinations, Report, destinations
from services.mail.domain.tls_results import Session
from services.mail.relay.https import Https, NotFetched
from services.mail.store.tls_results import Day
from services.mail.usecases import Mail
from services.mail.usecases.context import Names
from services.mail.usecases.store_source import store_octets

log = structlog.get_logger(__name__)
ROUND_SECONDS = 900.0
_A_DAY, LEASE = timedelta(days=1), timedelta(hours=1)
# Sessions that were under way at midnight have ended; after that each domain has its own time (RFC 8460 §4.1).
_AFTER, _SPREAD = timedelta(hours=1), timedelta(hours=3)


class TlsReports:
    """`host` is who we are; reports come from `contact`, an address in a domain that signs."""

    def __init__(self, mail: Mail, names: Names, https: Https, host: str, contact: str) -> None:
        self._mail = mail
        self._names = names
        self._https = https
        self._host = host
        self._contact = contact

    async def note(self, session: Session) -> None:
        """Count a session, for a domain that wants to know. Never raises."""
        domain = session.applied.domain
        begin = self._mail.now().replace(hour=0, minute=0, second=0, microsecond=0)
        try:
            if await self._wanted(domain):
                await self._mail.store.tls_results.count(session, begin, _due(domain, begin))
        except (WorkspaceError, PyMongoError) as error:
            log.warning("tls_session_not_counted", domain=domain, error=f"{type(error).__name__}: {error}")

    async def report_due(self) -> int:
        """Report the days that are over; returns how many were looked at. What cannot be told now is due again."""
        due = await self._mail.store.tls_results.claim_due(self._mail.now(), LEASE)
        for day in due:
            try:
                await self._report(day)
            except WorkspaceError as error:
                log.error("tls_report_not_made", domain=day.domain, error=str(error))
        return len(due)

    async def _wanted(self, domain: str) -> Destinations | None:
        """None while DNS is away."""
        answer = await self._names.ask(f"_smtp._tls.{domain}", "TXT")
        return destinations(answer) if answer is not None else None

    async def _report(self, day: Day) -> None:
        wanted = await self._wanted(day.domain)
        if wanted is None:
            return
        report = Report(day.domain, day.begin, self._host, self._contact, day.sessions)
        # Written down before it is posted: what is lost with this process is a report, what is doubled counts twice.
        if await self._ended(day, report, wanted.addresses):
            await self._posted(report, wanted.urls)

    async def _ended(self, day: Day, report: Report, addresses: tuple[str, ...]) -> bool:
        """End the day, with the report in the queue by the same transaction; false when another relay did."""
        if not addresses:
            return await self._mail.store.tls_results.done(day)
        content = await store_octets(self._mail, report.letter(addresses, day.begin + _A_DAY))

        async def act(session: Any) -> bool:
            ended = await self._mail.store.tls_results.done(day, session=session)
            if ended:
                await self._mail.queue.enqueue(
                    submission_id=report.id, owner=REPORTER, sender="", recipients=addresses,
                    blob=content.blob, size=content.size, session=session,
                )  # fmt: skip
            return ended

        log.info("tls_report_made", domain=day.domain, day=f"{day.begin:%Y-%m-%d}", to=addresses)
        return await self._mail.store.transaction(act)

    async def _posted(self, report: Report, urls: tuple[tuple[str, str], ...]) -> None:
        for host, path in urls:
            try:
                status = await self._https.post(host, path, report.packed, "application/tlsrpt+gzip")
            except NotFetched as error:
                log.warning("tls_report_not_posted", domain=report.domain, host=host, error=str(error))
            else:
                log.info("tls_report_posted", domain=report.domain, host=host, status=status)


def _due(domain: str, begin: datetime) -> datetime:
    share = int.from_bytes(sha256(domain.encode()).digest()[:4]) / 2**32
    return begin + _A_DAY + _AFTER + timedelta(seconds=int(_SPREAD.total_seconds() * share))
