"""Field masks of updates."""

from collections.abc import Collection

from google.protobuf.field_mask_pb2 import FieldMask

from chassis.errors import InvalidInput


def check_mask(mask: FieldMask, changeable: Collection[str]) -> None:
    """Raises `InvalidInput` unless the mask names only what can be changed; an absent one names all of that."""
    wrong = sorted(set(mask.paths) - set(changeable))
    if wrong:
        raise InvalidInput(
            "Not a field that can be changed", fields={"update_mask": f"{', '.join(wrong)[:100]} cannot be changed"}
        )
