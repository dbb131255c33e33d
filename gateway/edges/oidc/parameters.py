"""The parameters of a request: of its query or of its form, each as it was given, also twice."""

from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from workspace.directory.v1 import openid_pb2 as pb

from chassis.errors import InvalidInput
from gateway.transcoding.bodies import check_media_type, pieces

FORM_OCTETS = 64 * 1024
_MOST = 60
URLENCODED = "application/x-www-form-urlencoded"

Pairs = list[tuple[str, str]]


def of_query(request: Request) -> Pairs:
    """Raises `InvalidInput`."""
    return _pairs(request.url.query)


async def of_form(request: Request) -> Pairs:
    """Raises `InvalidInput`, `TooLarge`, `UnsupportedMediaType`."""
    check_media_type(request.headers, (URLENCODED,))
    octets = b"".join([piece async for piece in pieces(request.headers, request.receive, FORM_OCTETS)])
    try:
        return _pairs(octets.decode("ascii"))
    except UnicodeDecodeError as error:
        raise InvalidInput("The form cannot be read") from error


def _pairs(text: str) -> Pairs:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST, errors="strict")
    except ValueError as error:  # too many, or not UTF-8
        raise InvalidInput("The parameters cannot be read") from error


def messages(pairs: Pairs) -> list[pb.Parameter]:
    return [pb.Parameter(name=name, value=value) for name, value in pairs]


def with_query(uri: str, parameters: Iterable[tuple[str, str]]) -> str:
    """A URI with parameters behind those that it has (RFC 6749 §4.1.2)."""
    query = urlencode(list(parameters))
    if not query:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}{query}"
