"""The ASGI application: which path is served by what, and the layers around all of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import grpc
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import ASGIApp

from chassis.errors import InvalidInput, NotFound, WorkspaceError
from chassis.identity import Revocations, TokenVerifier
from chassis.rates import Rate
from gateway.contract import routes_of
from gateway.edge.access import Access, Rates
from gateway.edge.browser import Cookies
from gateway.edge.certificates import ClientCertificates
from gateway.edge.classes import ClassRates
from gateway.edge.exchange import Exchanges, exchange_of
from gateway.edge.security import SecurityHeaders, cross_origin
from gateway.edges.autoconfig import autoconfig_routes
from gateway.edges.dav import PREFIX as DAV_PATH
from gateway.edges.dav import dav_routes
from gateway.edges.mta_sts import mta_sts_routes
from gateway.edges.oidc import Provider, oidc_routes
from gateway.edges.oidc.routes import PATHS as OIDC_PATHS
from gateway.edges.pages import Desk, for_a_person, identity_routes, nowhere
from gateway.edges.published import published_routes
from gateway.edges.scim import ScimEndpoint
from gateway.openapi import OpenApiDocument
from gateway.pages import page_routes
from gateway.problems import MethodNotAllowed, problem_response
from gateway.push import PushEndpoint
from gateway.push.endpoint import Listening
from gateway.servers import Servers
from gateway.settings import Settings
from gateway.transcoding import Transcoder
from gateway.upstreams import all_services


@dataclass(frozen=True)
class Doors:
    """What is served, and what answers a person where nothing is."""

    routes: list[BaseRoute]
    desk: Desk


def build_app(
    settings: Settings,
    channels: Mapping[str, grpc.aio.Channel],
    verifier: TokenVerifier,
    revocations: Revocations,
    notifications: Listening,
) -> ASGIApp:
    """Everything that HTTP clients see, over channels to the services by name."""
    served = doors(settings, channels, verifier, revocations, notifications)

    async def no_such_page(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if status == 404 and for_a_person(request):
            return await nowhere(served.desk, request)
        return _refused_path(request, status)

    pages = Starlette(routes=served.routes, exception_handlers={HTTPException: no_such_page, WorkspaceError: _refused})
    pages.router.redirect_slashes = False
    app: ASGIApp = pages
    if settings.cors_origins:
        app = cross_origin(app, settings.cors_origins, apart=OIDC_PATHS)
    certificates = ClientCertificates(settings.client_certificate_header, settings.trusted_proxies)
    return Exchanges(SecurityHeaders(app, settings.http_strict_transport), settings.concurrent_requests, certificates)


def doors(
    settings: Settings,
    channels: Mapping[str, grpc.aio.Channel],
    verifier: TokenVerifier,
    revocations: Revocations,
    notifications: Listening,
) -> Doors:
    """Every path that is served, and by what."""
    routes = routes_of(all_services())
    rates = Rates(
        account=Rate("account", settings.account_rate),
        address=Rate("address", settings.address_rate),
        classes=ClassRates(settings),
    )
    access = Access(verifier, rates)
    transcoder = Transcoder(
        routes, channels, access, json_octets=settings.json_octets, upload_octets=settings.upload_octets
    )
    push = PushEndpoint(
        access,
        revocations,
        notifications,
        origins=settings.cors_origins,
        per_account=settings.sockets_per_account,
        most=settings.concurrent_sockets,
    )
    dav = f"{settings.public_url.rstrip('/')}{DAV_PATH}"
    servers = Servers(
        settings.imaps_public,
        settings.submission_public,
        settings.ldaps_public,
        dav,
        settings.managesieve_public,
    )
    desk = Desk(channels, access, Cookies.of(settings), servers)
    served = [
        WebSocketRoute("/v1/push", push),
        Mount("/v1", transcoder),
        Mount("/scim/v2", ScimEndpoint(channels["directory"], access, settings.public_url)),
        Route("/openapi.json", OpenApiDocument(routes).endpoint, methods=["GET"]),
        *page_routes(),
        *identity_routes(desk),
        *oidc_routes(Provider(channels["directory"], desk, settings.public_url)),
        *dav_routes(channels, access),
        *autoconfig_routes(access, servers, settings.public_url),
        *mta_sts_routes(access, channels["mail"]),
        *published_routes(access, channels["calendar"]),
    ]
    return Doors(served, desk)


def _problem(request: Request, error: WorkspaceError) -> Response:
    exchange = exchange_of(request.scope)
    exchange.reason = error.reason
    return problem_response(error, request.url.path, exchange.request_id)


def _refused_path(request: Request, status: int) -> Response:
    if status == 405:
        return _problem(request, MethodNotAllowed(("GET", "HEAD")))
    return _problem(request, NotFound("There is nothing at this path") if status == 404 else InvalidInput())


async def _refused(request: Request, error: Exception) -> Response:
    return _problem(request, error if isinstance(error, WorkspaceError) else WorkspaceError())
