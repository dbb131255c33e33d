"""Facts on their way out: written by the use case in the same update as the state they tell of."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import Message

from chassis.documents import Index
from chassis.events.contracts import contract_of
from chassis.identity import identity_or_none
from chassis.ids import new_id
from chassis.telemetry import current_traceparent

Fact = dict[str, Any]

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def fact(
    message: Message, *, subject: str, version: int, audience: Sequence[str] = (), actor: str | None = None
) -> Fact:
    """An outbox entry; its `body` is the envelope's JSON, written once, here, as it will be published.

    `subject` is the aggregate's id and `version` its version after the fact; `audience` the accounts whose live
    sessions may hear of it. The actor is the identity at hand unless given. Raises `NotAFact` for a message of no
    contract, `ValueError` for one that JSON cannot hold.
    """
    contract = contract_of(message)
    if actor is None:
        identity = identity_or_none()
        actor = identity.account_id if identity is not None else ""
    own, now, heard_by = new_id(), datetime.now(UTC), list(audience)
    traceparent = current_traceparent()
    envelope = {
        "id": own,
        "source": contract.source,
        "type": contract.type,
        "time": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "subject": subject,
        "version": str(version),
        "actor": actor,
        "audience": heard_by,
        "traceparent": traceparent,
        "data": {"@type": contract.type_url, **contract.write(message)},
    }
    return {
        "id": own,
        "source": contract.source,
        "type": contract.type,
        "at": now,
        "audience": heard_by,
        "traceparent": traceparent,
        "body": _encode(envelope),
    }


def with_facts(update: Mapping[str, Any], *facts: Fact) -> dict[str, Any]:
    """An update that also leaves `facts` in the document's outbox."""
    if not facts:
        return dict(update)
    whole = {operator: dict(fields) for operator, fields in update.items()}
    whole.setdefault("$push", {})["outbox"] = {"$each": list(facts)}
    whole.setdefault("$set", {})["pending"] = 1
    return whole


def document_with_facts(document: Mapping[str, Any], *facts: Fact) -> dict[str, Any]:
    """A new document with `facts` in its outbox."""
    return {**document, "outbox": list(facts), "pending": 1} if facts else dict(document)


def outbox_index(collection: str) -> Index:
    """By which the dispatcher finds the documents that have facts to publish."""
    return Index(collection, (("pending", 1),), sparse=True)
