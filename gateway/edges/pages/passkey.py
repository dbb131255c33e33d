"""Log in with a passkey, alone or as the second factor: the one thing that browsers offer to scripts only."""

from collections.abc import Awaitable, Callable
from typing import Any

from google.protobuf.message import Message
from starlette.responses import JSONResponse, Response
from workspace.directory.v1 import directory_pb2 as pb

from chassis.errors import InvalidInput, TooManyRequests, Unauthenticated, WorkspaceError
from gateway.edges.pages import challenge, second_factor
from gateway.edges.pages.login import Wish, entered
from gateway.edges.pages.visit import Visit
from gateway.problems import problem_response


async def options(visit: Visit) -> Response:
    """What the browser needs to ask for a passkey; with a challenge, for the account that it is of."""
    form = await visit.form()
    kept = challenge.kept(visit) if form.text("second") else None
    request = pb.BeginPasskeyRequest(challenge=kept.token if kept is not None else "")
    return await ceremony(visit, visit.desk.sessions.BeginPasskey, request)


async def ceremony(visit: Visit, begin: Callable[..., Awaitable[Any]], request: Message) -> Response:
    """A ceremony that directory begins, as the script reads it: `{"state", "options"}`; or a problem document."""
    try:
        visit.count(request)
        begun = await begin(request, metadata=visit.metadata())
    except WorkspaceError as error:
        visit.exchange.reason = error.reason
        path = visit.request.url.path
        return visit.dressed(problem_response(error, path, visit.exchange.request_id))
    return visit.dressed(JSONResponse({"state": begun.state, "options": begun.options_json}))


async def act(visit: Visit) -> Response:
    form = await visit.form()
    wish, state, credential = Wish.of_form(form), form.text("state"), form.text("credential")
    if form.text("second"):
        kept = challenge.kept(visit)
        if kept is None:
            return second_factor.start_again(visit, wish)
        request = pb.ConfirmSessionRequest(challenge=kept.token, passkey=credential, state=state)
        return await second_factor.confirm(visit, wish, kept, request)
    finish = pb.FinishPasskeyRequest(state=state, credential_json=credential)
    try:
        visit.count(finish)
        session = await visit.desk.sessions.FinishPasskey(finish, metadata=visit.metadata())
    except (Unauthenticated, InvalidInput, TooManyRequests) as error:
        visit.exchange.reason = error.reason
        return visit.go(f"/login?{wish.query()}&done=passkey_failed")
    return await entered(visit, wish, session, stay=bool(form.text("stay")))
