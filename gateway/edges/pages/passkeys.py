"""Have a new passkey for this account."""

from starlette.responses import Response
from workspace.directory.v1 import credentials_pb2 as pb

from chassis.errors import InvalidInput, LoginTooOld, Unauthenticated
from gateway.edges.pages.factors import PATH, show_codes
from gateway.edges.pages.passkey import ceremony
from gateway.edges.pages.visit import Visit


async def options(visit: Visit) -> Response:
    """What the browser needs to make one."""
    visit.person()
    await visit.form()
    return await ceremony(visit, visit.desk.credentials.BeginPasskeyRegistration, pb.BeginPasskeyRegistrationRequest())


async def act(visit: Visit) -> Response:
    visit.person()
    form = await visit.form()
    request = pb.FinishPasskeyRegistrationRequest(
        state=form.text("state"), credential_json=form.text("credential"), name=form.line("name")[:100]
    )
    try:
        made = await visit.desk.credentials.FinishPasskeyRegistration(request, metadata=visit.metadata())
    except LoginTooOld:
        raise
    except (Unauthenticated, InvalidInput) as error:
        visit.exchange.reason = error.reason
        return visit.go(f"{PATH}?done=passkey_refused")
    if made.recovery_codes:
        return show_codes(visit, list(made.recovery_codes), "codes.first")
    return visit.go(f"{PATH}?done=passkey_added")
