"""Identifiers in documents lead with the owner, the key by which the database shards; outside, an id is the rest."""

from services.mail.domain.allotment import Holder

# A deleted mailbox gives its name free by taking one that no mailbox can have; the living ones' sort after it.
LIVING = {"$gt": "\x1f"}


def key(owner: str, *rest: object) -> str:
    return ".".join((owner, *map(str, rest)))


def under(owner: str, *rest: object) -> dict[str, str]:
    """What a query asks of `_id` for all keys that begin with these."""
    first = key(owner, *rest)
    return {"$gt": f"{first}.", "$lt": f"{first}/"}


def holder_key(holder: Holder, holder_id: str) -> str:
    """Of what an account or a unit was given."""
    return f"{holder.value} {holder_id}"


def outside(document_id: str) -> str:
    return document_id.partition(".")[2]
