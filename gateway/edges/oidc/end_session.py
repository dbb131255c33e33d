"""Log out at a client's wish (OpenID Connect RP-Initiated Logout 1.0)."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from workspace.directory.v1 import openid_pb2 as pb

from gateway.edges.oidc.parameters import Pairs, messages, of_form, of_query, with_query
from gateway.edges.oidc.provider import Provider
from gateway.edges.pages import forgery
from gateway.edges.pages.visit import Visit


async def end_session(provider: Provider, request: Request) -> Response:
    exchange = provider.begin(request, "end_session")
    visit = Visit(provider.desk, request)
    pairs = await of_form(request) if request.method == "POST" else of_query(request)
    ours = [value for name, value in pairs if name == forgery.FIELD]
    given = [(name, value) for name, value in pairs if name != forgery.FIELD]
    asked = pb.EndSessionRequest(
        parameters=messages(given),
        cookie=provider.cookie(request),
        confirmed=request.method == "POST" and len(ours) == 1 and visit.genuine(ours[0]),
    )
    answer = await provider.openid.EndSession(asked, metadata=exchange.metadata())
    outcome = answer.WhichOneof("outcome")
    if outcome == "refused":
        exchange.reason = answer.refused.error
        return visit.page("application_refused.html", 400, what=answer.refused.description)
    if outcome == "confirm":
        return await _ask(visit, given)
    if answer.forget_cookie:
        visit.leave()
    if not answer.redirect_to:
        return visit.page("logged_out.html")
    state = [("state", answer.state)] if answer.state else []
    where = with_query(answer.redirect_to, state)
    if asked.confirmed:
        # A browser lets no form of ours lead to another site.
        return visit.page("onwards.html", to=where)
    return visit.dressed(RedirectResponse(where, 303))


async def _ask(visit: Visit, given: Pairs) -> Response:
    await visit.recognise()
    return visit.page("application_logout.html", parameters=given)
