"""The contracts: every fact that a service publishes is a top-level message of its `events.proto`.

A message named `…Fact` is a part of facts and not one by itself. The routing key is the message's name in snake case,
the source is the package's service: `workspace.mail.v1.MessageReceived` is `message_received` of `mail`.
"""

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import workspace
from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from chassis.errors import WorkspaceError
from chassis.protojson import Reader, Writer, reader, writer

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_TYPE_URL = "type.googleapis.com/"


class NotAFact(WorkspaceError):
    """A message that no `events.proto` declares as a fact. A mistake of the programmer."""

    reason = "not_a_fact"
    title = "Not a fact of any contract"


class UnknownFact(WorkspaceError):
    """A source and type that no contract of this release names."""

    reason = "unknown_fact"
    title = "No contract names this fact"


@dataclass(frozen=True)
class Contract:
    """How one kind of fact is named and written."""

    source: str
    type: str
    descriptor: Descriptor
    type_url: str
    write: Writer
    reader: Reader
    decode: Callable[[bytes], Message]


def exchange_of(source: str) -> str:
    """The durable topic exchange that only the service itself writes."""
    return f"{source}.events"


def notify_exchange_of(source: str) -> str:
    """The lossy direct exchange of live sessions."""
    return f"{source}.notify"


_contracts: dict[Descriptor, Contract] = {}


def contract_of(kind: type[Message] | Message) -> Contract:
    """The contract of a message or its class. Raises `NotAFact`."""
    descriptor: Any = kind.DESCRIPTOR
    found = _contracts.get(descriptor)
    return found if found is not None else _learn(descriptor)


def _learn(descriptor: Descriptor) -> Contract:
    package = descriptor.file.package.split(".")
    declared = (
        descriptor.file.name.endswith("/events.proto")
        and descriptor.containing_type is None
        and not descriptor.name.endswith("Fact")
        and len(package) == 3
        and package[0] == "workspace"
    )
    if not declared:
        raise NotAFact(f"{descriptor.full_name} is not declared in an events.proto")
    contract = Contract(
        source=package[1],
        type=_WORD.sub("_", descriptor.name).lower(),
        descriptor=descriptor,
        type_url=_TYPE_URL + descriptor.full_name,
        write=writer(descriptor),
        reader=reader(descriptor, tolerant=True),
        decode=message_factory.GetMessageClass(descriptor).FromString,
    )
    _contracts[descriptor] = contract
    return contract


@cache
def contracts() -> Mapping[tuple[str, str], Contract]:
    """All facts of this release, by source and type."""
    known: dict[tuple[str, str], Contract] = {}
    for module in _event_modules():
        for descriptor in module.DESCRIPTOR.message_types_by_name.values():
            if descriptor.name.endswith("Fact"):
                continue
            contract = _learn(descriptor)
            known[contract.source, contract.type] = contract
    return known


def contract_named(source: str, kind: str) -> Contract:
    """The contract of a source and type. Raises `UnknownFact`."""
    found = contracts().get((source, kind))
    if found is None:
        raise UnknownFact(f"No contract names {source}.{kind}"[:200])
    return found


def _event_modules() -> list[Any]:
    # The generated folders have no `__init__`, which pkgutil would look for.
    found = {
        ".".join(file.relative_to(root).with_suffix("").parts)
        for root in workspace.__path__
        for file in Path(root).glob("*/*/events_pb2.py")
    }
    return [importlib.import_module(f"workspace.{name}") for name in sorted(found)]
