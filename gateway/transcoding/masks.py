"""What a PATCH changes: the fields its mask names, or those that its body has (AIP-134)."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import Descriptor

from chassis.errors import InvalidInput
from gateway.contract.routes import UPDATE_MASK, field_at


def paths_of(body: dict[str, Any], message: Descriptor) -> Iterator[str]:
    """Dotted paths of the fields that a JSON body has; messages of ours are entered, everything else is one value."""
    for name, value in body.items():
        field = message.fields_by_name[name]
        kind = None if field.is_repeated else field.message_type
        if kind is not None and value and isinstance(value, dict) and not kind.full_name.startswith("google."):
            yield from (f"{name}.{path}" for path in paths_of(value, kind))
        else:
            yield name


def complete_mask(request: Any, body: Any, message: Descriptor, bound: frozenset[str]) -> None:
    """Fill an absent mask from the body, and refuse one that names what does not exist."""
    mask = getattr(request, UPDATE_MASK)
    if not request.HasField(UPDATE_MASK):
        given = body if isinstance(body, dict) else {}
        mask.paths.extend(path for path in paths_of(given, message) if path not in bound)
        mask.SetInParent()
    for path in mask.paths:
        if field_at(message, path) is None:
            raise InvalidInput(fields={UPDATE_MASK: f"names no field: {path[:100]}"})
