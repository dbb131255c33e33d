"""Paths to routes: a tree of segments, so that each request looks at its own branch only."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote

from chassis.errors import InvalidInput, NotFound
from gateway.contract.routes import Route
from gateway.contract.template import Variable
from gateway.problems import MethodNotAllowed

_SEGMENTS = 32


@dataclass
class _Node:
    literals: dict[str, "_Node"] = field(default_factory=dict)
    variable: "_Node | None" = None
    # By custom verb, then by HTTP method.
    leaves: dict[str, dict[str, Route]] = field(default_factory=dict)


@dataclass(frozen=True)
class Match:
    """A route, and the values of its variables by field path."""

    route: Route
    values: dict[str, str]


class Router:
    """Finds the route of a request."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            node = self._root
            for segment in route.template.segments:
                if isinstance(segment, Variable):
                    node.variable = node.variable or _Node()
                    node = node.variable
                else:
                    node = node.literals.setdefault(segment, _Node())
            node.leaves.setdefault(route.template.verb, {})[route.verb] = route

    def allowed(self, raw_path: str) -> tuple[str, ...]:
        """The methods that a path answers, HEAD and OPTIONS included. Raises `NotFound`."""
        leaf, _ = self._leaf(raw_path)
        methods = set(leaf) | {"OPTIONS"} | ({"HEAD"} if "GET" in leaf else set())
        return tuple(sorted(methods))

    def match(self, method: str, raw_path: str) -> Match:
        """The route of a still percent-encoded path. Raises `NotFound`, `MethodNotAllowed`, `InvalidInput`."""
        leaf, values = self._leaf(raw_path)
        route = leaf.get("GET" if method == "HEAD" else method)
        if route is None:
            raise MethodNotAllowed(self.allowed(raw_path))
        return Match(route, dict(zip(route.template.fields, map(_decoded, values), strict=True)))

    def _leaf(self, raw_path: str) -> tuple[dict[str, Route], list[str]]:
        segments = raw_path.strip("/").split("/")
        if len(segments) > _SEGMENTS or not raw_path.startswith("/") or raw_path.endswith("/"):
            raise NotFound("There is nothing at this path")
        # The verb's colon is written as it is; one that belongs to a value comes percent-encoded.
        last, _, verb = segments[-1].partition(":")
        found = self._find(self._root, [*segments[:-1], last], 0, verb)
        if found is None:
            raise NotFound("There is nothing at this path")
        return found

    def _find(self, node: _Node, segments: list[str], at: int, verb: str) -> tuple[dict[str, Route], list[str]] | None:
        if at == len(segments):
            leaf = node.leaves.get(verb)
            return None if leaf is None else (leaf, [])
        segment = segments[at]
        literal = node.literals.get(segment)
        if literal is not None:
            found = self._find(literal, segments, at + 1, verb)
            if found is not None:
                return found
        if node.variable is not None and segment:
            found = self._find(node.variable, segments, at + 1, verb)
            if found is not None:
                return found[0], [segment, *found[1]]
        return None


def _decoded(segment: str) -> str:
    try:
        return unquote(segment, errors="strict")
    except UnicodeDecodeError as error:
        raise InvalidInput("The path is not UTF-8") from error
