"""The authorization endpoint (OpenID Connect Core §3.1.2)."""

from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from workspace.directory.v1 import openid_pb2 as pb

from gateway.edges.oidc.parameters import messages, of_form, of_query, with_query
from gateway.edges.oidc.provider import Provider
from gateway.edges.pages.visit import Visit

_NEVER_KEPT = {"cache-control": "no-store"}


async def authorize(provider: Provider, request: Request) -> Response:
    exchange = provider.begin(request, "authorize")
    if request.method == "POST":
        # Another site's form comes without our cookie; as a link it has it, and asks nobody to log in again.
        return _go(with_query("/oidc/authorize", await of_form(request)))
    asked = pb.AuthorizeRequest(parameters=messages(of_query(request)), cookie=provider.cookie(request))
    answer = await provider.openid.Authorize(asked, metadata=exchange.metadata())
    outcome = answer.WhichOneof("outcome")
    if outcome == "login":
        return _go(_login(answer.login))
    if outcome == "consent":
        return _go(f"/consent?request={quote(answer.consent, safe='')}")
    if outcome == "refused":
        exchange.reason = answer.refused.error
        return Visit(provider.desk, request).page("application_refused.html", 400, what=answer.refused.description)
    return _to_client(provider, request, answer.respond)


def _login(needed: pb.LoginNeeded) -> str:
    more = {"acr": needed.acr, "prompt": needed.prompt, "login_hint": needed.login_hint}
    given = [("return_to", needed.return_to), *((name, value) for name, value in more.items() if value)]
    return with_query("/login", given)


def _to_client(provider: Provider, request: Request, answer: pb.ClientResponse) -> Response:
    parameters = [(each.name, each.value) for each in answer.parameters]
    if answer.response_mode != "form_post":
        return _go(with_query(answer.redirect_uri, parameters))
    page = Visit(provider.desk, request).page("application_form.html", to=answer.redirect_uri, parameters=parameters)
    # The one form of ours that leads elsewhere (OAuth 2.0 Form Post Response Mode §2).
    parts = urlsplit(answer.redirect_uri)
    elsewhere = f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"
    page.headers["content-security-policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action {elsewhere}"
    )
    page.headers["referrer-policy"] = "no-referrer"
    return page


def _go(where: str) -> Response:
    return RedirectResponse(where, 303, _NEVER_KEPT)
