"""Indexes, declared beside the store that needs them and made at start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import IndexModel


@dataclass(frozen=True)
class Index:
    """One index of a collection: `keys` as (field, 1 or -1); `expire_seconds` makes it a TTL index."""

    collection: str
    keys: tuple[tuple[str, int], ...]
    unique: bool = False
    sparse: bool = False
    expire_seconds: int | None = None
    partial: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        return "_".join(f"{field}_{direction}" for field, direction in self.keys)

    def options(self) -> dict[str, Any]:
        chosen: dict[str, Any] = {"name": self.name, "unique": self.unique, "sparse": self.sparse}
        if self.expire_seconds is not None:
            chosen["expireAfterSeconds"] = self.expire_seconds
        if self.partial is not None:
            chosen["partialFilterExpression"] = dict(self.partial)
        return chosen


async def ensure_indexes(database: Any, indexes: Sequence[Index]) -> None:
    """Make what is missing: a round trip for each collection, whether they exist or not."""
    models: dict[str, list[IndexModel]] = {}
    for index in indexes:
        models.setdefault(index.collection, []).append(IndexModel(list(index.keys), **index.options()))
    for collection, wanted in models.items():
        await database[collection].create_indexes(wanted)
