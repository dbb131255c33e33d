"""What accounts and units were given, field by field, as messages have it."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from google.protobuf.message import Message

from services.mail.domain.allotment import Holder

Origin = TypeVar("Origin", bound=Message)


def named_fields(given: Message) -> dict[str, int]:
    """Those that are named, by the names that both sides have for them."""
    return {field.name: value for field, value in given.ListFields()}


def origins(told: Callable[..., Origin], found: Mapping[str, tuple[Holder, str]]) -> list[Origin]:
    """Of each field of what holds where it is from; `told` is the message that says so of one."""
    return [
        told(field=name, **{f"{holder.value}_id": holder_id}) for name, (holder, holder_id) in sorted(found.items())
    ]
