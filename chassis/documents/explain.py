"""Proof that every query has an index: record what a store asks, then have the database explain each shape."""

from collections.abc import Iterator
from typing import Any, TypeAlias

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

_QUERIES = {
    "find": "filter",
    "count": "query",
    "aggregate": "pipeline",
    "update": "updates",
    "delete": "deletes",
    "distinct": "query",
}

# A collection that a command reads, by which filter, and what else decides on an index.
Read: TypeAlias = tuple[str, dict[str, Any], dict[str, Any]]


class QueryRecorder(CommandListener):
    """Collects the finds, counts, updates and deletes of a client, one of each shape."""

    def __init__(self) -> None:
        self.commands: dict[str, dict[str, Any]] = {}
        self.count = 0

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name not in {*_QUERIES, "insert", "getMore"}:
            return
        self.count += 1
        if event.command_name not in _QUERIES:
            return
        command = dict(event.command)
        if event.command_name == "aggregate" and "$changeStream" in (command["pipeline"] or [{}])[0]:
            return  # reads the log of changes, no collection
        for collection, filter_, extra in _filters(event.command_name, command):
            self.commands.setdefault(
                f"{collection} {_shape(filter_)}", {"find": collection, "filter": filter_, **extra}
            )

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Only what was asked matters."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Only what was asked matters."""


def _filters(name: str, command: dict[str, Any]) -> list[Read]:
    collection = str(command[name])
    if name in {"update", "delete"}:
        return [(collection, dict(item["q"]), {}) for item in command[_QUERIES[name]]]
    if name == "aggregate":
        return list(_of_pipeline(collection, command["pipeline"]))
    extra: dict[str, Any] = {key: command[key] for key in ("sort", "hint") if key in command}
    return [(collection, dict(command.get(_QUERIES[name], {})), extra)]


def _of_pipeline(collection: str, pipeline: list[dict[str, Any]]) -> Iterator[Read]:
    """What it begins with, unless that comes with the command (`$documents`), and what it joins, by which field."""
    first = pipeline[0] if pipeline else {}
    if "$documents" not in first:
        yield collection, dict(first.get("$match", {})), {}
    for stage in pipeline:
        joined = stage.get("$lookup", {})
        if "foreignField" in joined:
            yield str(joined["from"]), {str(joined["foreignField"]): {"$in": ["any"]}}, {}


def _shape(value: Any) -> Any:
    """A filter with its values left out, so that the same question with other values counts once."""
    if isinstance(value, dict):
        return {key: _shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_shape(inner) for inner in value if isinstance(inner, dict)] or "[]"
    return "?"


def _stages(plan: Any) -> list[str]:
    if isinstance(plan, dict):
        own = [str(plan["stage"])] if "stage" in plan else []
        return own + [stage for inner in plan.values() for stage in _stages(inner)]
    if isinstance(plan, list):
        return [stage for inner in plan for stage in _stages(inner)]
    return []


def _by_primary_key(filter_: dict[str, Any]) -> bool:
    """Found by `_id`, whatever else is asked: the embedded database explains that as a scan, yet takes 1 ms."""
    wanted = filter_.get("_id")
    return wanted is not None and not (isinstance(wanted, dict) and {"$ne", "$nin", "$not", "$exists"} & wanted.keys())


async def scans(database: Any, recorder: QueryRecorder) -> list[str]:
    """The recorded queries that the database answers by reading a whole collection; empty is the proof."""
    found = []
    for shape, query in recorder.commands.items():
        if _by_primary_key(query["filter"]):
            continue
        answer = await database.command({"explain": query, "verbosity": "queryPlanner"})
        if "COLLSCAN" in _stages(answer.get("queryPlanner", {}).get("winningPlan", {})):
            found.append(shape)
    return found
