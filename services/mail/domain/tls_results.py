"""How connections to other domains' servers were protected, in the words of RFC 8460 §4.3 and §4.4."""

from dataclasses import dataclass

NO_STARTTLS = "starttls-not-supported"
HOST_MISMATCH = "certificate-host-mismatch"
EXPIRED = "certificate-expired"
NOT_TRUSTED = "certificate-not-trusted"
INVALID = "validation-failure"
TLSA_INVALID = "tlsa-invalid"
STS_FETCH = "sts-policy-fetch-error"
STS_INVALID = "sts-policy-invalid"
STS_CERTIFICATE = "sts-webpki-invalid"


@dataclass(frozen=True, slots=True)
class Applied:
    """The policy of a domain that a server was spoken to under: "sts", "tlsa" or "no-policy-found", as it is written,
    and the servers that it names."""

    kind: str
    domain: str
    lines: tuple[str, ...] = ()
    mx: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """What came of one connection; `result` is empty for one that went as the policy wants. `mx` and `address` are
    empty where it did not come to a connection."""

    applied: Applied
    result: str = ""
    mx: str = ""
    address: str = ""
