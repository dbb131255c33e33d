"""Reports of TLS between mail servers (RFC 8460 §4)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.mail.domain.reports.unpacking import UnreadableReport

MOST_POLICIES, MOST_FAILURES = 100, 200
_MOST_TEXT = 255
_MOST_SESSIONS = 10**12


@dataclass(frozen=True, slots=True)
class TlsFailure:
    """Sessions that failed alike: how (RFC 8460 §4.3), and at which of our servers."""

    result: str
    server: str
    sessions: int


@dataclass(frozen=True, slots=True)
class TlsPolicy:
    """Sessions under one policy of a domain: sts, tlsa or no-policy-found."""

    kind: str
    domain: str
    successful: int
    failed: int
    failures: tuple[TlsFailure, ...]


@dataclass(frozen=True, slots=True)
class TlsReport:
    """`organisation` brought us letters between `begin` and `end`."""

    organisation: str
    report_id: str
    begin: datetime
    end: datetime
    policies: tuple[TlsPolicy, ...]


def tls_report(source: bytes) -> TlsReport:
    """Raises `UnreadableReport` for what is no report."""
    try:
        found = json.loads(source)
    except (ValueError, RecursionError) as error:
        raise UnreadableReport("The report is no JSON") from error
    report = _object(found)
    period = _object(report.get("date-range"))
    policies = _list(report.get("policies"))
    return TlsReport(
        organisation=_text(report, "organization-name"),
        report_id=_text(report, "report-id"),
        begin=_time(_text(period, "start-datetime")),
        end=_time(_text(period, "end-datetime")),
        policies=tuple(_policy(_object(each)) for each in policies[:MOST_POLICIES]),
    )


def _policy(given: Mapping[str, Any]) -> TlsPolicy:
    policy, summary = _object(given.get("policy")), _object(given.get("summary"))
    failures = _list(given.get("failure-details", []))[:MOST_FAILURES]
    return TlsPolicy(
        kind=_text(policy, "policy-type"),
        domain=_text(policy, "policy-domain").lower().rstrip("."),
        successful=_sessions(summary, "total-successful-session-count"),
        failed=_sessions(summary, "total-failure-session-count"),
        failures=tuple(_failure(_object(each)) for each in failures),
    )


def _failure(given: Mapping[str, Any]) -> TlsFailure:
    return TlsFailure(
        result=_text(given, "result-type"),
        server=_kept(str(given.get("receiving-mx-hostname", ""))),
        sessions=_sessions(given, "failed-session-count"),
    )


def _object(found: object) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise UnreadableReport("The report has no object where there should be one")
    return found


def _list(found: object) -> list[Any]:
    if not isinstance(found, list):
        raise UnreadableReport("The report has no list where there should be one")
    return found


def _text(given: Mapping[str, Any], name: str) -> str:
    found = given.get(name)
    if not isinstance(found, str) or not found.strip():
        raise UnreadableReport(f"The report has no {name}")
    return _kept(found.strip())


def _kept(text: str) -> str:
    """JSON may name halves of a character, which nobody can write down."""
    return text[:_MOST_TEXT].encode("utf-8", "replace").decode()


def _sessions(given: Mapping[str, Any], name: str) -> int:
    found = given.get(name)
    if type(found) is not int or not 0 <= found < _MOST_SESSIONS:
        raise UnreadableReport(f"The report has no {name}")
    return found


def _time(text: str) -> datetime:
    """RFC 3339. Some reporters leave out the zone, and mean UTC."""
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UnreadableReport(f"No time: {text[:40]!r}") from error
