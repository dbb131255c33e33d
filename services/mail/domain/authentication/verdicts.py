"""What the methods find (RFC 8601 §2.7)."""

from dataclasses import dataclass, field
from enum import Enum


class Result(Enum):
    """How a check ended; which of them a method knows, its RFC says."""

    NONE = "none"
    PASS = "pass"  # noqa: S105 - a result
    FAIL = "fail"
    SOFTFAIL = "softfail"
    NEUTRAL = "neutral"
    # Valid, and yet not good enough for us.
    POLICY = "policy"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


@dataclass(frozen=True, slots=True)
class Spf:
    """`domain` is the one that was asked: of MAIL FROM, or of HELO where that is empty."""

    result: Result
    domain: str = ""
    # As the field writes them.
    mailfrom: str = ""
    helo: str = ""


@dataclass(frozen=True, slots=True)
class Dkim:
    """Of one signature; empty where it could not be read."""

    result: Result
    domain: str = ""
    selector: str = ""
    algorithm: str = ""
    identity: str = ""
    # The first characters of the signature, which tell two of one domain apart (RFC 6008).
    signature: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Arc:
    """Of the whole chain; `sealer` is the last that sealed, `said` its own results."""

    result: Result
    sealer: str = ""
    said: bytes = b""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Dmarc:
    """`policy` is what the domain of From wants done with what fails: none, quarantine or reject."""

    result: Result
    domain: str = ""
    policy: str = ""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """All that was found of one message."""

    spf: Spf
    dkim: tuple[Dkim, ...] = ()
    arc: Arc = field(default_factory=lambda: Arc(Result.NONE))
    dmarc: Dmarc = field(default_factory=lambda: Dmarc(Result.NONE))
