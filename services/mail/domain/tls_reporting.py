"""The daily report of how connections to a domain's servers went (RFC 8460): where it goes, and what it says.

The same day gives the same octets, so that a report that is made twice is the same report.
"""

import base64
import gzip
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit

from chassis.errors import InvalidInput
from services.mail.domain.envelope import mail_address
from services.mail.domain.tls_results import Applied, Session

MOST_DESTINATIONS = 5
_RECORD = re.compile(rb"v=TLSRPTv1[ \t]*;(.*)", re.S)
_PATH = re.compile(r"[!-~]{0,1000}\Z")


@dataclass(frozen=True, slots=True)
class Destinations:
    """Where reports of a domain go: addresses, and URLs as (host, path)."""

    addresses: tuple[str, ...] = ()
    urls: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.addresses or self.urls)


def destinations(answer: Sequence[Sequence[bytes]]) -> Destinations:
    """Those of the one record of a domain (RFC 8460 §3); none where there is none, or more than one."""
    found = [match[1] for pieces in answer if (match := _RECORD.match(b"".join(pieces)))]
    if len(found) != 1:
        return Destinations()
    addresses: list[str] = []
    urls: list[tuple[str, str]] = []
    pairs = [field.partition("=") for field in found[0].decode("latin-1").split(";")]
    uris = [uri.strip() for name, _, value in pairs if name.strip() == "rua" for uri in value.split(",")]
    # However many fields say so: nobody has us write to whole lists of others.
    for uri in uris[:MOST_DESTINATIONS]:
        scheme, _, rest = uri.partition(":")
        if scheme.lower() == "mailto":
            addresses += _address(rest)
        elif scheme.lower() == "https":
            urls += _url(uri)
    return Destinations(tuple(dict.fromkeys(addresses)), tuple(dict.fromkeys(urls)))


def _address(given: str) -> list[str]:
    try:
        return [mail_address(given.partition("?")[0].strip())]
    except InvalidInput:
        return []


def _url(given: str) -> list[tuple[str, str]]:
    """Of the usual port, and without a password that everybody reads in DNS."""
    try:
        parts = urlsplit(given)
        usual = parts.port in {None, 443} and parts.username is None and parts.hostname is not None
    except ValueError:
        return []
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return [(parts.hostname, path)] if usual and parts.hostname and _PATH.match(path) else []


@dataclass(frozen=True, slots=True)
class Report:
    """What is told of a domain. `begin` is the day's first moment, UTC; `host` is who we are, `contact` our address."""

    domain: str
    begin: datetime
    host: str
    contact: str
    sessions: Sequence[tuple[Session, int]]

    @property
    def id(self) -> str:
        return f"{self.begin:%Y-%m-%d}.{self.domain}"

    @property
    def end(self) -> datetime:
        return self.begin + timedelta(days=1, seconds=-1)

    @property
    def packed(self) -> bytes:
        """JSON, and gzip."""
        return gzip.compress(json.dumps(self._told()).encode(), mtime=0)

    def _told(self) -> dict[str, object]:
        policies: dict[Applied, list[tuple[Session, int]]] = {}
        for session, count in self.sessions:
            policies.setdefault(session.applied, []).append((session, count))
        return {
            "organization-name": self.host,
            "date-range": {"start-datetime": _moment(self.begin), "end-datetime": _moment(self.end)},
            "contact-info": self.contact,
            "report-id": self.id,
            "policies": [_policy(applied, sessions) for applied, sessions in policies.items()],
        }

    def letter(self, addresses: Sequence[str], at: datetime) -> bytes:
        """As a message (RFC 8460 §5.3), which goes whatever is wrong with TLS there (RFC 8689)."""
        begin, end = int(self.begin.timestamp()), int(self.end.timestamp())
        name = f"{self.host}!{self.domain}!{begin}!{end}.json.gz"
        boundary = f"=_tlsrpt.{self.begin:%Y%m%d}.{self.domain}"[:70]
        packed = base64.encodebytes(self.packed).replace(b"\n", b"\r\n")
        header = [
            f"From: Rapports TLS / TLS reports <{self.contact}>",
            f"To: {', '.join(f'<{address}>' for address in addresses)}",
            f"Subject: Report Domain: {self.domain}\r\n Submitter: {self.host}\r\n Report-ID: <{self.id}@{self.host}>",
            f"Date: {format_datetime(at)}",
            f"Message-ID: <{self.id}@{self.host}>",
            f"TLS-Report-Domain: {self.domain}",
            f"TLS-Report-Submitter: {self.host}",
            "TLS-Required: No",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            f'Content-Type: multipart/report; report-type="tlsrpt";\r\n boundary="{boundary}"',
        ]
        text = f"--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        file = (
            f"--{boundary}\r\nContent-Type: application/tlsrpt+gzip\r\nContent-Transfer-Encoding: base64\r\n"
            f'Content-Disposition: attachment;\r\n filename="{name}"\r\n\r\n'
        )
        day = f"{self.begin:%d/%m/%Y}"
        french = f"Rapport SMTP TLS du {day} pour {self.domain}, établi par {self.host} (RFC 8460)."
        english = f"SMTP TLS report of {day} for {self.domain}, by {self.host} (RFC 8460)."
        body = f"{text}{french}\r\n\r\n{english}\r\n".encode() + file.encode() + packed + f"--{boundary}--\r\n".encode()
        return "\r\n".join(header).encode() + b"\r\n\r\n" + body


def _policy(applied: Applied, sessions: Sequence[tuple[Session, int]]) -> dict[str, object]:
    told: dict[str, object] = {"policy-type": applied.kind, "policy-domain": applied.domain}
    if applied.lines:
        told["policy-string"] = list(applied.lines)
    if applied.mx:
        told["mx-host"] = list(applied.mx)
    failed = [(session, count) for session, count in sessions if session.result]
    return {
        "policy": told,
        "summary": {
            "total-successful-session-count": sum(count for session, count in sessions if not session.result),
            "total-failure-session-count": sum(count for _, count in failed),
        },
        "failure-details": [_failure(session, count) for session, count in failed],
    }


def _failure(session: Session, count: int) -> dict[str, object]:
    told: dict[str, object] = {"result-type": session.result, "failed-session-count": count}
    if session.mx:
        told["receiving-mx-hostname"] = session.mx
    if session.address:
        told["receiving-ip"] = session.address
    return told


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}Z"
