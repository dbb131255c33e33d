"""Which of the ways is at which path. Every address gets the same answer, whether or not somebody has it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chassis.errors import InvalidInput, NotFound, TooLarge
from gateway.edge.access import Access
from gateway.edge.exchange import exchange_of
from gateway.edges.autoconfig import apple, outlook, thunderbird
from gateway.edges.autoconfig.addresses import domain_of, mail_address
from gateway.servers import Servers
from gateway.transcoding.bodies import pieces

PATHS = {
    "/.well-known/autoconfig/mail/config-v1.1.xml": "GET",
    "/mail/config-v1.1.xml": "GET",
    "/autodiscover/autodiscover.xml": "POST",
    "/Autodiscover/Autodiscover.xml": "POST",
    "/mail/apple.mobileconfig": "GET",
}
_KEPT = {"cache-control": "public, max-age=3600"}
_XML = "application/xml; charset=utf-8"


class Autoconfig:
    """Answers from where our servers are; `public_url` leads to the pages."""

    def __init__(self, access: Access, servers: Servers, public_url: str) -> None:
        self._access = access
        self._servers = servers
        self._help = f"{public_url.rstrip('/')}/account/app-passwords"

    async def thunderbird(self, request: Request) -> Response:
        self._admit(request, "autoconfig.thunderbird")
        domain = domain_of(request.query_params.get("emailaddress", ""), request.headers.get("host", ""))
        if not domain:
            raise NotFound("Say which address is to be set up: ?emailaddress=")
        return Response(thunderbird.configuration(domain, self._servers, self._help), headers=_KEPT, media_type=_XML)

    async def outlook(self, request: Request) -> Response:
        self._admit(request, "autoconfig.outlook")
        try:
            address = outlook.asked(await self._body(request))
        except outlook.Refused as refused:
            return Response(outlook.refusal(refused, datetime.now(UTC)), media_type=_XML)
        return Response(outlook.settings(address, self._servers), media_type=_XML)

    async def apple(self, request: Request) -> Response:
        self._admit(request, "autoconfig.apple")
        address = mail_address(request.query_params.get("emailaddress", ""))
        if not address:
            raise InvalidInput("Say which address is to be set up", fields={"emailaddress": "is no mail address"})
        headers = {"content-disposition": 'attachment; filename="gouv-tg.mobileconfig"'}
        return Response(apple.profile(address, self._servers), headers=headers, media_type=apple.MEDIA_TYPE)

    def _admit(self, request: Request, route: str) -> None:
        exchange = exchange_of(request.scope)
        exchange.route = route
        self._access.admit_anybody(exchange)
        if not self._servers.imaps or not self._servers.submission:
            raise NotFound("No mail program can be set up here")

    async def _body(self, request: Request) -> bytes:
        try:
            return b"".join([piece async for piece in pieces(request.headers, request.receive, outlook.MAX_OCTETS)])
        except TooLarge as error:
            raise outlook.Refused(outlook.INVALID, "Invalid Request") from error


def autoconfig_routes(access: Access, servers: Servers, public_url: str) -> list[BaseRoute]:
    own = Autoconfig(access, servers, public_url)
    ends: dict[str, Callable[[Request], Awaitable[Response]]] = {
        "config-v1.1.xml": own.thunderbird,
        "autodiscover.xml": own.outlook,
        "apple.mobileconfig": own.apple,
    }
    return [Route(path, ends[path.rpartition("/")[2].lower()], methods=[method]) for path, method in PATHS.items()]
