"""Identifiers in documents lead with the owner, the key by which the database shards; outside, an id is the rest."""


def key(owner: str, *rest: object) -> str:
    return ".".join((owner, *map(str, rest)))


def outside(document_id: str) -> str:
    return document_id.partition(".")[2]
