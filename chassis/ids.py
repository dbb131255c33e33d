"""Identifiers: ULIDs, opaque to clients and sortable by time of making."""

from ulid import ULID


def new_id() -> str:
    """26 characters of Crockford's base 32."""
    return str(ULID())
