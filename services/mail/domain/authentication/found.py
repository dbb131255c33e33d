"""What was found of a letter when it came in by SMTP, as what is done with it later asks for it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from services.mail.domain.authentication import signatures
from services.mail.domain.authentication.arc import RESULTS
from services.mail.domain.authentication.fields import Field
from services.mail.domain.authentication.verdicts import Result


@dataclass(frozen=True, slots=True)
class Found:
    """`results` is the value of the field Authentication-Results that we wrote, our name first."""

    results: bytes
    # Of the chain of those who forwarded it before, and its fields as they came.
    chain: Result = Result.NONE
    chain_digest: bytes = b""
    # The domains that SPF or DKIM proves to have sent it, and whether one of them is the author's.
    proven: tuple[str, ...] = ()
    dmarc: Result = Result.NONE
    # The domain of ours in whose name it goes on; empty: the one that it goes to.
    forwarder: str = ""
    # Of what a trusted server handed over, nothing was looked at.
    looked_at: bool = True


def chain_digest(fields: Sequence[Field]) -> bytes:
    """By which it is known whether the fields of ARC are those that were looked at; empty without any."""
    said = [
        each.name + b":" + each.value for each in fields if each.key in (RESULTS, signatures.MESSAGE, signatures.SEAL)
    ]
    return hashlib.sha256(b"\r\n".join(said)).digest() if said else b""
