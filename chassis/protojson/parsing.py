"""JSON text from outside (RFC 8259, I-JSON of RFC 7493): no repeated names, no NaN, bounded nesting."""

import json
from typing import Any, NoReturn

from chassis.errors import InvalidInput


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidInput("The same name stands twice in one JSON object")
    return members


def _no_constant(name: str) -> NoReturn:
    raise InvalidInput(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)


def load_json(text: bytes | str) -> Any:
    """Parse one JSON value. Raises `InvalidInput` saying where the text goes wrong."""
    try:
        return _DECODER.decode(text if isinstance(text, str) else text.decode("utf-8"))
    except json.JSONDecodeError as error:
        raise InvalidInput(f"Not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"Not UTF-8 at octet {error.start}") from error
    except RecursionError as error:
        raise InvalidInput("Nested too deeply") from error
    except ValueError as error:  # a number of more digits than Python converts
        raise InvalidInput("A number is too long") from error
