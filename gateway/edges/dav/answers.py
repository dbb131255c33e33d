"""Answers: multistatus streams, errors, and nothing."""

from collections.abc import AsyncIterator, Sequence

from starlette.responses import Response

from gateway.edge.streamed import Streamed
from gateway.edges.dav.errors import DavError, Needs
from gateway.edges.dav.names import dav
from gateway.edges.dav.writing import XML, Answer, document, element, href, multistatus


async def multistatus_response(responses: AsyncIterator[Answer], *, token: str = "", minimal: bool = False) -> Response:
    """207 with what comes. The first one is made before the status goes out, so that a refusal is one."""
    first = await anext(responses, None)

    async def all_of_them() -> AsyncIterator[Answer]:
        if first is not None:
            yield first
        async for response in responses:
            yield response

    headers = {"cache-control": "no-store", "content-type": XML}
    if minimal:
        headers["preference-applied"] = "return=minimal"
    return Streamed(multistatus(all_of_them(), token), 207, headers)


def error_response(error: DavError) -> Response:
    """RFC 4918 §14.5: the broken rule for programs, a sentence for people."""
    parts = []
    if isinstance(error, Needs):
        needed = [href(error.hrefs[0]), element(dav("privilege"), [element(error.privilege)])]
        parts.append(element(error.condition, [element(dav("resource"), needed)]))
    elif error.condition:
        parts.append(element(error.condition, [href(path) for path in error.hrefs]))
    parts.append(element(dav("responsedescription"), error.detail))
    return Response(document(element(dav("error"), parts)), error.status, {"cache-control": "no-store"}, media_type=XML)


def empty(status: int, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status_code=status, headers={"cache-control": "no-store", **named})


async def of_list(responses: Sequence[Answer]) -> AsyncIterator[Answer]:
    for response in responses:
        yield response
