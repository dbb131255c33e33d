"""Which page is at which path."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from chassis.errors import LoginTooOld, NotFound, Unauthenticated, WorkspaceError
from chassis.identity import acting_as
from gateway.edges.pages import (
    account,
    app_passwords,
    applications,
    appointments,
    consent,
    factors,
    forgot,
    home,
    language,
    login,
    logout,
    passkey,
    passkeys,
    password,
    photo,
    polls,
    recovery_address,
    reset,
    reset_second,
    second_factor,
    sessions,
    totp,
)
from gateway.edges.pages.desk import SERVED, Desk, digest
from gateway.edges.pages.visit import Visit

Handler = Callable[[Visit], Awaitable[Response]]
# Each with what shows it and what its form does; some are one of the two.
PAGES: dict[str, tuple[Handler | None, Handler | None]] = {
    "/": (home.show, None),
    "/language/{language}": (language.show, None),
    "/login": (login.show, login.act),
    "/login/second-factor": (second_factor.show, second_factor.act),
    "/login/passkey": (None, passkey.act),
    "/login/passkey/options": (None, passkey.options),
    "/login/forgot": (forgot.show, forgot.act),
    "/login/reset": (reset.show_reset, reset.reset),
    "/login/reset/second-factor": (reset_second.show, reset_second.act),
    "/login/reset/passkey": (None, reset_second.act_with_passkey),
    "/login/reset/passkey/options": (None, reset_second.options),
    "/activate": (reset.show_activation, reset.activate),
    "/logout": (logout.show, logout.act),
    "/consent": (consent.show, consent.act),
    "/account": (account.show, None),
    "/account/password": (password.show, password.act),
    "/account/photo": (photo.show, photo.act),
    "/account/photo/picture": (photo.picture, None),
    "/account/photo/remove": (None, photo.remove),
    "/account/second-factor": (factors.show, None),
    "/account/second-factor/totp": (None, totp.act),
    "/account/second-factor/totp/begin": (None, totp.begin),
    "/account/second-factor/totp/remove": (None, factors.remove_totp),
    "/account/second-factor/codes": (None, factors.new_codes),
    "/account/second-factor/passkey": (None, passkeys.act),
    "/account/second-factor/passkey/options": (None, passkeys.options),
    "/account/second-factor/passkey/remove": (None, factors.remove_passkey),
    "/account/second-factor/passkey/rename": (None, factors.rename_passkey),
    "/account/recovery": (recovery_address.show, recovery_address.act),
    "/account/recovery/confirm": (None, recovery_address.confirm),
    "/account/recovery/remove": (None, recovery_address.remove),
    "/account/sessions": (sessions.show, sessions.act),
    "/account/app-passwords": (app_passwords.show, app_passwords.act),
    "/account/app-passwords/remove": (None, app_passwords.remove),
    "/account/applications": (applications.show, applications.act),
}
# For whoever has no account; calendar answers them.
APPOINTMENTS: dict[str, tuple[Handler | None, Handler | None]] = {
    "/rendez-vous/{page}": (appointments.show, appointments.act),
    "/rendez-vous/{page}/{secret}": (appointments.show_booking, appointments.act_on_booking),
    "/sondage/{secret}": (polls.show, polls.act),
}
# Where password managers look: W3C, "A Well-Known URL for Changing Passwords".
_WELL_KNOWN = "/.well-known/change-password"
_KEPT = "public, max-age=31536000, immutable"


def identity_routes(desk: Desk) -> list[BaseRoute]:
    """The pages of identity, and what they load."""
    pages = [_page(desk, path, *handlers) for path, handlers in {**PAGES, **APPOINTMENTS}.items()]
    return [*pages, *(_asset(name) for name in SERVED), Route(_WELL_KNOWN, _to_password, methods=["GET"])]


def for_a_person(request: Request) -> bool:
    """Whether a browser asks for what somebody is to read, and not a program for data."""
    return request.method in {"GET", "HEAD"} and "text/html" in request.headers.get("accept", "")


async def nowhere(desk: Desk, request: Request) -> Response:
    """The page of a path at which there is none."""
    visit = Visit(desk, request)
    visit.exchange.route = "page nowhere"
    try:
        await visit.recognise()
        return visit.problem(NotFound())
    except WorkspaceError as error:
        return visit.problem(error)


def _page(desk: Desk, path: str, show: Handler | None, act: Handler | None) -> Route:
    # Whoever comes back by its address to what only a form does is shown the page that has the form.
    parent = path.rpartition("/")[0]

    async def serve(request: Request) -> Response:
        visit = Visit(desk, request)
        visit.exchange.route = f"page {path}"
        try:
            await visit.recognise()
            handler = act if request.method == "POST" else show
            with acting_as(visit.identity):
                return await handler(visit) if handler is not None else visit.go(parent)
        except LoginTooOld as error:
            visit.exchange.reason = error.reason
            return visit.log_in(again=True)
        except Unauthenticated:
            visit.leave()
            return visit.log_in()
        except WorkspaceError as error:
            return visit.problem(error)

    return Route(path, serve, methods=["GET"] if act is None else ["GET", "POST"])


def _asset(name: str) -> Route:
    async def serve(request: Request) -> Response:
        newest = request.query_params.get("v") == digest(name)
        return FileResponse(SERVED[name], headers={"cache-control": _KEPT if newest else "no-cache"})

    return Route(f"/assets/{name}", serve, methods=["GET"])


async def _to_password(_request: Request) -> Response:
    return RedirectResponse("/account/password", 303)
