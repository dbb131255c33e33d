"""The methods of WebDAV, a file each."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.responses import Response

from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.verbs.delete import delete
from gateway.edges.dav.verbs.get import get
from gateway.edges.dav.verbs.mkcol import mkcol
from gateway.edges.dav.verbs.move import copy, move
from gateway.edges.dav.verbs.propfind import propfind
from gateway.edges.dav.verbs.proppatch import proppatch
from gateway.edges.dav.verbs.put import put
from gateway.edges.dav.verbs.report import report

VERBS: Mapping[str, Callable[[DavRequest], Awaitable[Response]]] = {
    "COPY": copy,
    "DELETE": delete,
    "GET": get,
    "HEAD": get,
    "MKCOL": mkcol,
    "MOVE": move,
    "PROPFIND": propfind,
    "PROPPATCH": proppatch,
    "PUT": put,
    "REPORT": report,
}
