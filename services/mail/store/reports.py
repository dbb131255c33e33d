"""What other domains' servers reported, as documents."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pymongo.errors import DuplicateKeyError

from chassis.documents import Index
from services.mail.domain.reports import DmarcReport, DmarcRow, TlsPolicy, TlsReport
from services.mail.domain.reports.tls import TlsFailure
from services.mail.store.repeats import mark

KEPT = timedelta(days=400)
# Documents of one answer; beyond them the oldest are left out.
MOST = 5000


class Reported(NamedTuple):
    """One report about one domain: rows of DMARC, or a policy of TLS."""

    organisation: str
    begin: datetime
    rows: tuple[DmarcRow, ...]
    policy: TlsPolicy | None


class Reports:
    """Collection `reports`: one document a report and domain, for some 13 months."""

    indexes = (
        Index("reports", (("domain", 1), ("begin", 1))),
        Index("reports", (("expires", 1),), expire_seconds=0),
    )

    def __init__(self, database: Any) -> None:
        self._reports = database["reports"]

    async def keep_dmarc(self, report: DmarcReport, submitter: str, now: datetime) -> bool:
        """False for one that is there already. `submitter`: the domain whose letter brought it."""
        about = {"domain": report.domain, "rows": [asdict(row) for row in report.rows], "policy": report.policy}
        return await self._keep("dmarc", report, submitter, about, now)

    async def keep_tls(self, report: TlsReport, policy: TlsPolicy, submitter: str, now: datetime) -> bool:
        """One policy of a report. False for one that is there already."""
        return await self._keep("tls", report, submitter, {"domain": policy.domain, "tls": asdict(policy)}, now)

    async def _keep(
        self, kind: str, report: DmarcReport | TlsReport, submitter: str, about: Mapping[str, Any], now: datetime
    ) -> bool:
        document = {
            # Ids of reports are their reporters' own.
            "_id": mark(about["domain"], kind, submitter, report.organisation, report.report_id),
            "kind": kind,
            "submitter": submitter,
            "organisation": report.organisation,
            "begin": report.begin,
            "end": report.end,
            "expires": now + KEPT,
            **about,
        }
        try:
            await self._reports.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    async def about(self, domain: str, since: datetime, until: datetime) -> list[Reported]:
        """Those whose time began between the two, the newest first."""
        query = {"domain": domain, "begin": {"$gte": since, "$lt": until}}
        found = await self._reports.find(query).sort("begin", -1).to_list(MOST)
        return [_reported(document) for document in found]


def _reported(document: Mapping[str, Any]) -> Reported:
    tls: Mapping[str, Any] | None = document.get("tls")
    rows: Sequence[Mapping[str, Any]] = document.get("rows", ())
    failures = tuple(TlsFailure(**each) for each in tls["failures"]) if tls else ()
    return Reported(
        document["organisation"],
        document["begin"],
        tuple(DmarcRow(**row) for row in rows),
        TlsPolicy(**{**tls, "failures": failures}) if tls else None,
    )
