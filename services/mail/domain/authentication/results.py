"""The field Authentication-Results (RFC 8601): ours is written, those that others wrote are taken out."""

import re
from collections.abc import Iterator

from services.mail.domain.authentication.verdicts import Dkim, Verdicts

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+./=?^_`{|}~@:-]+\Z")
_UNSOUND = re.compile(r"[^ -~]")
_OURS = re.compile(rb"authentication-results[\t ]*:", re.IGNORECASE)


def field(host: str, verdicts: Verdicts) -> bytes:
    """Ours, line end included."""
    return _field(host, list(_resinfo(verdicts)))


def unchecked(host: str) -> bytes:
    """That nothing was looked at: the client is one that we trust."""
    return f"Authentication-Results: {host}; none\r\n".encode("ascii")


def value_of(ours: bytes) -> bytes:
    """What such a field says, folded as it is, without the last line end."""
    return ours.partition(b":")[2].strip()


def _field(host: str, results: list[str]) -> bytes:
    return ";\r\n\t".join([f"Authentication-Results: {host}", *results]).encode("ascii") + b"\r\n"


def _resinfo(verdicts: Verdicts) -> Iterator[str]:
    spf = verdicts.spf
    what = f"smtp.mailfrom={_value(spf.mailfrom)}" if spf.mailfrom else f"smtp.helo={_value(spf.helo)}"
    yield f"spf={spf.result.value} {what}"
    if not verdicts.dkim:
        yield "dkim=none"
    for each in verdicts.dkim:
        yield " ".join(_dkim(each))
    dmarc = verdicts.dmarc
    policy = f" policy.dmarc={dmarc.policy}" if dmarc.policy else ""
    seen = f" header.from={_value(dmarc.domain)}" if dmarc.domain else ""
    yield f"dmarc={dmarc.result.value}{policy}{seen}"
    arc = verdicts.arc
    reason = f" reason={_value(arc.reason)}" if arc.reason else ""
    sealer = f" header.d={_value(arc.sealer)}" if arc.sealer else ""
    yield f"arc={arc.result.value}{reason}{sealer}"


def _dkim(found: Dkim) -> Iterator[str]:
    yield f"dkim={found.result.value}"
    if found.reason:
        yield f"reason={_value(found.reason)}"
    named = {"d": found.domain, "s": found.selector, "a": found.algorithm, "b": found.signature}
    for name, value in named.items():
        if value:
            yield f"header.{name}={_value(value)}"


def _value(text: str) -> str:
    """A token or a quoted string (RFC 8601 §2.2) that ends nothing."""
    safe = _UNSOUND.sub("?", text)[:255]
    if _TOKEN.match(safe):
        return safe
    escaped = safe.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def without_foreign(header: bytes) -> bytes:
    """A header without anybody's Authentication-Results: what comes from outside proves nothing here (RFC 8601 §5)."""
    kept: list[bytes] = []
    dropping = False
    for line in header.splitlines(keepends=True):
        if line[:1] not in (b" ", b"\t"):
            dropping = _OURS.match(line) is not None
        if not dropping:
            kept.append(line)
    return b"".join(kept)
