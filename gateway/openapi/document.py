"""The whole document, made once."""

import hashlib
from collections.abc import Sequence
from importlib import metadata
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gateway.contract import Route
from gateway.openapi.comments import comments
from gateway.openapi.operations import operation_of, problem_component
from gateway.openapi.schemas import Schemas
from gateway.problems import known_kinds

_ABOUT = (
    "The digital workspace of the public administration. Log in with `POST /v1/sessions`, then send the access token "
    "as `Authorization: Bearer …`. 64-bit numbers are strings; times are RFC 3339 in UTC. Lists come in pages: pass "
    "`next_page_token` back as `page_token`. Errors are problem documents (RFC 9457). Live events: the WebSocket "
    '`/v1/push` takes `{"token": "…"}` and sends one JSON object an event.'
)


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """The OpenAPI 3.1 description of the routes."""
    schemas = Schemas()
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(str(route.template), {})[route.verb.lower()] = operation_of(route, schemas)
    problem, response = problem_component()
    schemas.components["Problem"] = problem
    services = {route.method.containing_service.name: route.method.containing_service for route in routes}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Workspace", "version": metadata.version("workspace"), "description": _ABOUT},
        "servers": [{"url": "/"}],
        "tags": [{"name": name, **_described(str(service.full_name))} for name, service in services.items()],
        "security": [{"bearer": []}],
        "paths": paths,
        "x-problems": [
            {"reason": kind.reason, "title": kind.title, "status": kind.http_status}
            for kind in sorted(known_kinds(), key=lambda kind: (kind.http_status, kind.reason))
        ],
        "components": {
            "schemas": dict(sorted(schemas.components.items())),
            "responses": {"Problem": response},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _described(name: str) -> dict[str, str]:
    about = comments().get(name)
    return {"description": about} if about else {}


class OpenApiDocument:
    """Serves it."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._body = orjson.dumps(document(routes))
        self._etag = f'"{hashlib.sha256(self._body).hexdigest()[:32]}"'

    async def endpoint(self, request: Request) -> Response:
        headers = {"etag": self._etag, "cache-control": "no-cache"}
        if request.headers.get("if-none-match") == self._etag:
            return Response(status_code=304, headers=headers)
        return Response(self._body, 200, headers, "application/json")
