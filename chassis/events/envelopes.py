"""Reading what travels around a fact: what a newer contract added is passed over, what does not fit is refused."""

from typing import Any, TypeVar, cast

from google.protobuf.message import Message
from workspace.events.v1.envelope_pb2 import Envelope

from chassis.errors import InvalidInput
from chassis.events.contracts import contract_named, contract_of
from chassis.protojson import load_json, reader

M = TypeVar("M", bound=Message)

_read = reader(Envelope.DESCRIPTOR, tolerant=True).read


def parse_envelope(body: bytes | str) -> Envelope:
    """The envelope of a published body. Raises `InvalidInput` when it does not fit its contract."""
    return envelope_of(load_json(body))


def envelope_of(value: Any) -> Envelope:
    """The envelope of a JSON value that is already parsed."""
    if type(value) is not dict:
        raise InvalidInput("An envelope must be an object")
    # First, so that the fact's module is loaded before its data is read by name.
    contract = contract_named(str(value.get("source", "")), str(value.get("type", "")))
    envelope = cast(Envelope, _read(value))
    if not envelope.id or envelope.data.type_url != contract.type_url:
        raise InvalidInput("An envelope needs an id, and data of the type it names")
    return envelope


def fact_in(envelope: Envelope) -> Message:
    """The message within, of the class that its contract names."""
    return contract_named(envelope.source, envelope.type).decode(envelope.data.value)


def fact_as(envelope: Envelope, kind: type[M]) -> M:
    """The message within, known to be of this class."""
    if envelope.data.type_url != contract_of(kind).type_url:
        raise InvalidInput(f"The envelope holds {envelope.type}")
    return kind.FromString(envelope.data.value)
