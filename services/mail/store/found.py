"""What was found of a letter when it came, beside what else a document says of its way on."""

from collections.abc import Mapping
from typing import Any

from services.mail.domain.authentication.found import Found
from services.mail.domain.authentication.verdicts import Result


def found_document(found: Found | None) -> dict[str, Any]:
    """Nothing where nothing was found."""
    if found is None:
        return {}
    said = {
        "results": found.results,
        "chain": found.chain.value,
        "digest": found.chain_digest,
        "proven": list(found.proven),
        "dmarc": found.dmarc.value,
        "forwarder": found.forwarder,
        "looked_at": found.looked_at,
    }
    return {"found": said}


def found_in(document: Mapping[str, Any]) -> Found | None:
    said = document.get("found")
    if said is None:
        return None
    return Found(
        bytes(said["results"]),
        Result(said["chain"]),
        bytes(said["digest"]),
        tuple(said["proven"]),
        Result(said["dmarc"]),
        said["forwarder"],
        said["looked_at"],
    )
