"""The second factor before a mailed code replaces a password; what was chosen travels sealed in the challenge."""

from starlette.responses import Response
from workspace.directory.v1 import directory_pb2
from workspace.directory.v1 import recovery_pb2 as pb

from chassis.errors import InvalidInput, TooManyRequests, Unauthenticated
from gateway.edges.pages import challenge
from gateway.edges.pages.challenge import RESET_COOKIE, Challenge
from gateway.edges.pages.passkey import ceremony
from gateway.edges.pages.second_factor import Asking, asked
from gateway.edges.pages.visit import Visit

_ASKING = Asking("/login/reset/second-factor", "/login/reset/passkey", "/login/reset", "reset.again")


async def show(visit: Visit) -> Response:
    kept = challenge.kept(visit, RESET_COOKIE)
    return _late(visit) if kept is None else asked(visit, kept, _ASKING)


async def act(visit: Visit) -> Response:
    form = await visit.form()
    kept = challenge.kept(visit, RESET_COOKIE)
    if kept is None:
        return _late(visit)
    code, recovery = "".join(form.text("code").split()), form.line("recovery_code")
    if not code and not recovery:
        return asked(visit, kept, _ASKING, wrong="second.missing", status=422)
    given = {"code": code} if code else {"recovery_code": recovery}
    return await _confirm(visit, kept, pb.ConfirmResetRequest(challenge=kept.token, **given))


async def options(visit: Visit) -> Response:
    """What the browser needs to ask for one of the account's passkeys."""
    await visit.form()
    kept = challenge.kept(visit, RESET_COOKIE)
    request = directory_pb2.BeginPasskeyRequest(challenge=kept.token if kept is not None else "")
    return await ceremony(visit, visit.desk.sessions.BeginPasskey, request)


async def act_with_passkey(visit: Visit) -> Response:
    form = await visit.form()
    kept = challenge.kept(visit, RESET_COOKIE)
    if kept is None:
        return _late(visit)
    request = pb.ConfirmResetRequest(challenge=kept.token, passkey=form.text("credential"), state=form.text("state"))
    return await _confirm(visit, kept, request)


async def _confirm(visit: Visit, kept: Challenge, request: pb.ConfirmResetRequest) -> Response:
    recovering = bool(request.recovery_code)
    try:
        visit.count(request)
        await visit.desk.recovery.ConfirmReset(request, metadata=visit.metadata())
    except TooManyRequests as error:
        wait, headers = visit.waiting(error)
        page = asked(visit, kept, _ASKING, wrong="second.too_often", status=429, wait=wait, recovering=recovering)
        page.headers.update(headers)
        return page
    except (Unauthenticated, InvalidInput) as error:
        visit.exchange.reason = error.reason
        wrong = "second.wrong_passkey" if request.passkey else "second.wrong"
        return asked(visit, kept, _ASKING, wrong=wrong, status=422, recovering=recovering)
    challenge.forget(visit, RESET_COOKIE)
    visit.leave()
    return visit.go("/login?done=reset")


def _late(visit: Visit) -> Response:
    return visit.go("/login/reset?done=late")
