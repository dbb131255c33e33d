"""What a mail domain should have in DNS, and what it means that DNS has something else."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from services.mail.domain.authentication.dmarc import policy_of
from services.mail.domain.authentication.signing import SigningKey
from services.mail.domain.sts import StsPolicy, record_id

SUBMISSION_PORT, IMAPS_PORT, MANAGESIEVE_PORT, HTTPS_PORT = 587, 993, 4190, 443
# Where the gateway serves them.
DAV_PATH = "/dav/"
# Pieces of a text record are at most 255 octets long (RFC 1035 §3.3.14).
_PIECE = 250


class State(Enum):
    """Whether DNS has a record."""

    PRESENT = "present"
    MISSING = "missing"
    # There is another one of the same purpose.
    DIFFERENT = "different"
    UNKNOWN = "unknown"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Record:
    """`wanted` is what DNS answers when it is there; `value` the same as a zone file writes it."""

    name: str
    kind: str
    purpose: str
    wanted: Any
    value: str
    state: State = State.UNKNOWN

    def found(self, answer: Sequence[Any] | None) -> "Record":
        """The record with what DNS answered; None: it could not be asked."""
        if answer is None:
            return self
        return replace(self, state=_states[self.purpose](self.wanted, answer))


def mx(domain: str, host: str) -> Record:
    return Record(domain, "MX", "mx", (10, host), f"10 {host}.")


def spf(domain: str) -> Record:
    """Whoever receives for it may send for it, and nobody else."""
    return _text(domain, "spf", b"v=spf1 mx -all")


def dmarc(domain: str) -> Record:
    """Others report to us what they see in the domain's name (`usecases/take_reports.py`)."""
    return _text(f"_dmarc.{domain}", "dmarc", f"v=DMARC1; p=quarantine; rua=mailto:dmarc-reports@{domain}".encode())


def dkim(key: SigningKey) -> Record:
    return _text(key.name, "dkim", key.record)


def services(domain: str, host: str) -> list[Record]:
    """Where mail programs find us (RFC 6186; RFC 5804 §1.8)."""
    return [
        Record(f"{name}._tcp.{domain}", "SRV", "srv", (0, 1, port, host), f"0 1 {port} {host}.")
        for name, port in (("_submission", SUBMISSION_PORT), ("_imaps", IMAPS_PORT), ("_sieve", MANAGESIEVE_PORT))
    ]


def programs(domain: str, web: str) -> list[Record]:
    """Where Thunderbird and Outlook ask how to set themselves up."""
    return [
        Record(f"autoconfig.{domain}", "CNAME", "autoconfig", web, f"{web}."),
        Record(
            f"_autodiscover._tcp.{domain}", "SRV", "autoconfig", (0, 1, HTTPS_PORT, web), f"0 1 {HTTPS_PORT} {web}."
        ),
    ]


def agendas(domain: str, web: str) -> list[Record]:
    """Where programs find calendars and address books by the address alone (RFC 6764 §3, §4)."""
    found: list[Record] = []
    for name in ("_caldavs", "_carddavs"):
        place = f"{name}._tcp.{domain}"
        found.append(Record(place, "SRV", "dav", (0, 1, HTTPS_PORT, web), f"0 1 {HTTPS_PORT} {web}."))
        found.append(_text(place, "dav-path", f"path={DAV_PATH}".encode()))
    return found


def protection(domain: str, policy: StsPolicy | None, web: str) -> list[Record]:
    """How our servers prove themselves (RFC 8461), and where others report whether they did (RFC 8460). The policy's
    host is the gateway, whose certificate has to have that name too."""
    reports = f"v=TLSRPTv1; rua=mailto:tls-reports@{domain}".encode()
    told = [_text(f"_smtp._tls.{domain}", "tls-rpt", reports)]
    if policy is None:
        return told
    return [
        Record(f"mta-sts.{domain}", "CNAME", "mta-sts-host", web, f"{web}."),
        _text(f"_mta-sts.{domain}", "mta-sts", f"v=STSv1; id={policy.id}".encode()),
        *told,
    ]


def _text(name: str, purpose: str, text: bytes) -> Record:
    pieces = [text[at : at + _PIECE].decode("ascii") for at in range(0, len(text), _PIECE)]
    return Record(name, "TXT", purpose, text, " ".join(f'"{piece}"' for piece in pieces))


def _texts(answer: Sequence[Sequence[bytes]]) -> list[bytes]:
    return [b"".join(pieces) for pieces in answer]


def _same(wanted: Any, answer: Sequence[Any]) -> State:
    if wanted in answer:
        return State.PRESENT
    return State.DIFFERENT if answer else State.MISSING


def _spf(wanted: bytes, answer: Sequence[Sequence[bytes]]) -> State:
    return _same(wanted, [text for text in _texts(answer) if text.lower().startswith(b"v=spf1")])


def _dav_path(wanted: bytes, answer: Sequence[Sequence[bytes]]) -> State:
    return _same(wanted, [text for text in _texts(answer) if text.lower().startswith(b"path=")])


def _dkim(wanted: bytes, answer: Sequence[Sequence[bytes]]) -> State:
    found = [text.replace(b" ", b"") for text in _texts(answer)]
    if found == [wanted.replace(b" ", b"")]:
        return State.PRESENT
    return State.DIFFERENT if found else State.MISSING


def _dmarc(_: bytes, answer: Sequence[Sequence[bytes]]) -> State:
    """Any policy that asks for something is one."""
    policy = policy_of(_texts(answer))
    if policy is None:
        return State.MISSING
    return State.PRESENT if policy.own != "none" else State.DIFFERENT


def _mta_sts(wanted: bytes, answer: Sequence[Sequence[bytes]]) -> State:
    """Only the id of the policy that is served makes others fetch it."""
    found = [text for text in _texts(answer) if text.startswith(b"v=STSv1")]
    if not found:
        return State.MISSING
    return State.PRESENT if record_id(answer) == record_id([[wanted]]) else State.DIFFERENT


def _tls_rpt(_: bytes, answer: Sequence[Sequence[bytes]]) -> State:
    """Wherever the reports go."""
    found = [text.replace(b" ", b"") for text in _texts(answer) if text.startswith(b"v=TLSRPTv1")]
    if not found:
        return State.MISSING
    return State.PRESENT if len(found) == 1 and b";rua=" in found[0] else State.DIFFERENT


_states = {
    "mta-sts": _mta_sts,
    "mta-sts-host": _same,
    "tls-rpt": _tls_rpt,
    "mx": _same,
    "srv": _same,
    "autoconfig": _same,
    "dav": _same,
    "dav-path": _dav_path,
    "spf": _spf,
    "dkim": _dkim,
    "dmarc": _dmarc,
}
