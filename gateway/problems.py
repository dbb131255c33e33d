"""Errors as problem details (RFC 9457), and the kinds that only HTTP knows."""

import math
from typing import Any

from starlette.responses import JSONResponse

from chassis.errors import TooManyRequests, Unauthenticated, Unavailable, WorkspaceError

MEDIA_TYPE = "application/problem+json"
# RFC 6750 §3. The realm is the platform's.
_CHALLENGE = 'Bearer realm="workspace"'


class MethodNotAllowed(WorkspaceError):
    reason = "method_not_allowed"
    title = "Method not allowed"
    grpc_status = "UNIMPLEMENTED"
    http_status = 405

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__(f"This path answers {', '.join(allowed)}")
        self.allowed = allowed


class UnsupportedMediaType(WorkspaceError):
    reason = "unsupported_media_type"
    title = "Unsupported media type"
    grpc_status = "INVALID_ARGUMENT"
    http_status = 415


class RangeNotSatisfiable(WorkspaceError):
    reason = "range_not_satisfiable"
    title = "Range not satisfiable"
    grpc_status = "OUT_OF_RANGE"
    http_status = 416

    def __init__(self, length: int) -> None:
        super().__init__(f"It has {length} octets")
        self.length = length


class SlowRequest(WorkspaceError):
    reason = "request_timeout"
    title = "The request came too slowly"
    grpc_status = "DEADLINE_EXCEEDED"
    http_status = 408


class ClientStalled(WorkspaceError):
    """Who reads nothing of an answer for too long is left: the connection ends."""

    reason = "client_stalled"
    title = "The answer was read too slowly"


class Overloaded(Unavailable):
    """Too much at once: refusing some keeps the others served."""

    reason = "overloaded"
    title = "Overloaded"


def known_kinds(of: type[WorkspaceError] = WorkspaceError) -> list[type[WorkspaceError]]:
    """Every kind of problem that the API may answer with, for its documentation: one for each reason."""
    children = (each for each in of.__subclasses__() if each.reason != of.reason)
    return [of, *(kind for child in children for kind in known_kinds(child))]


def headers_of(error: WorkspaceError, *, token_given: bool = False) -> dict[str, str]:
    """The header fields that go with an error."""
    headers = {"cache-control": "no-store"}
    if error.retry_after is not None:
        headers["retry-after"] = str(max(1, math.ceil(error.retry_after)))
    elif isinstance(error, TooManyRequests | Unavailable):
        headers["retry-after"] = "1"
    if isinstance(error, Unauthenticated):
        headers["www-authenticate"] = f'{_CHALLENGE}, error="invalid_token"' if token_given else _CHALLENGE
    if isinstance(error, MethodNotAllowed):
        headers["allow"] = ", ".join(error.allowed)
    if isinstance(error, RangeNotSatisfiable):
        headers["content-range"] = f"bytes */{error.length}"
    return headers


def problem_of(error: WorkspaceError, instance: str, request_id: str) -> dict[str, Any]:
    """The members of the document."""
    problem: dict[str, Any] = {
        "type": f"/docs#problem-{error.reason}",
        "title": error.title,
        "status": error.http_status,
        "detail": error.told,
        "instance": instance,
        "reason": error.reason,
        "request_id": request_id,
    }
    if error.fields:
        problem["errors"] = [{"field": field, "detail": detail} for field, detail in error.fields.items()]
    return problem


def problem_response(
    error: WorkspaceError, instance: str, request_id: str, *, token_given: bool = False, **headers: str
) -> JSONResponse:
    return JSONResponse(
        problem_of(error, instance, request_id),
        error.http_status,
        headers_of(error, token_given=token_given) | headers,
        MEDIA_TYPE,
    )
