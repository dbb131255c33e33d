"""Identifiers in documents lead with the owner, the key by which the database shards; outside, an id is the rest."""

# A deleted mailbox gives its name free by taking one that no mailbox can have; the living ones' sort after it.
LIVING = {"$gt": "\x1f"}


def key(owner: str, *rest: object) -> str:
    return ".".join((owner, *map(str, rest)))


def outside(document_id: str) -> str:
    return document_id.partition(".")[2]
