"""What reports say together of a domain and a time."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from services.mail.domain.reports.dmarc import DmarcRow
from services.mail.domain.reports.tls import TlsPolicy


@dataclass(slots=True)
class SourceSum:
    """Letters that one server sent in the domain's name. `proven`: by DKIM or SPF; the others may be forged."""

    source: str
    messages: int = 0
    proven: int = 0
    dkim: int = 0
    spf: int = 0
    quarantined: int = 0
    rejected: int = 0
    organisations: set[str] = field(default_factory=set)

    def add(self, row: DmarcRow, organisation: str) -> None:
        self.messages += row.messages
        self.proven += row.messages * (row.dkim or row.spf)
        self.dkim += row.messages * row.dkim
        self.spf += row.messages * row.spf
        self.quarantined += row.messages * (row.disposition == "quarantine")
        self.rejected += row.messages * (row.disposition == "reject")
        self.organisations.add(organisation)


@dataclass(slots=True)
class FailureSum:
    """Sessions to one of our servers that failed alike."""

    result: str
    server: str
    sessions: int = 0
    organisations: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Summary:
    """All of it; sources with most letters that nobody proved first, failures with most sessions first."""

    reports: int = 0
    organisations: set[str] = field(default_factory=set)
    sources: list[SourceSum] = field(default_factory=list)
    tls_successful: int = 0
    tls_failed: int = 0
    failures: list[FailureSum] = field(default_factory=list)

    @property
    def messages(self) -> int:
        return sum(each.messages for each in self.sources)

    @property
    def proven(self) -> int:
        return sum(each.proven for each in self.sources)


def summary(reported: Iterable[tuple[str, tuple[DmarcRow, ...], TlsPolicy | None]]) -> Summary:
    """Of (organisation, rows of DMARC, policy of TLS) for each report."""
    found = Summary()
    sources: dict[str, SourceSum] = {}
    failures: dict[tuple[str, str], FailureSum] = {}
    for organisation, rows, policy in reported:
        found.reports += 1
        found.organisations.add(organisation)
        for row in rows:
            sources.setdefault(row.source, SourceSum(row.source)).add(row, organisation)
        if policy is not None:
            found.tls_successful += policy.successful
            found.tls_failed += policy.failed
            for each in policy.failures:
                failed = failures.setdefault((each.result, each.server), FailureSum(each.result, each.server))
                failed.sessions += each.sessions
                failed.organisations.add(organisation)
    found.sources = sorted(
        sources.values(), key=lambda each: (each.proven - each.messages, -each.messages, each.source)
    )
    found.failures = sorted(failures.values(), key=lambda each: (-each.sessions, each.result, each.server))
    return found
