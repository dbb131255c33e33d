"""JSON answers of the endpoints, and their errors in the words of the specifications."""

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from workspace.directory.v1 import openid_pb2 as pb

from gateway.edge.exchange import exchange_of

_NEVER_KEPT = {"cache-control": "no-store", "pragma": "no-cache"}


def answered(request: Request, answer: pb.TokenAnswer, headers: dict[str, str], scheme: str = "Basic") -> Response:
    """The answer of a rpc; `scheme` is the authentication that the endpoint takes."""
    if answer.WhichOneof("outcome") == "error":
        return refused(request, answer.error, headers, scheme)
    return JSONResponse(json.loads(answer.body), headers=_NEVER_KEPT | headers)


def refused(request: Request, error: pb.OAuthError, headers: dict[str, str], scheme: str = "Basic") -> Response:
    """RFC 6749 §5.2; of a protected resource RFC 6750 §3."""
    exchange_of(request.scope).reason = error.error
    status = error.http_status or 400
    told: dict[str, Any] = {"error": error.error, "error_description": error.description}
    more = _NEVER_KEPT | headers
    if scheme == "Bearer":
        more["www-authenticate"] = f'Bearer realm="workspace", error="{error.error}"'
    elif status == 401:
        more["www-authenticate"] = 'Basic realm="workspace"'
    return JSONResponse(told, status, more)
