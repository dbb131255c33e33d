"""The address outside of one's own mailbox through which a lost password is replaced."""

from starlette.responses import Response
from workspace.directory.v1 import credentials_pb2
from workspace.directory.v1 import recovery_pb2 as pb

from chassis.errors import InvalidInput, LoginTooOld, PreconditionFailed, TooManyRequests, Unauthenticated
from gateway.edges.pages.visit import Visit

PATH = "/account/recovery"


async def show(visit: Visit) -> Response:
    visit.person()
    return await _page(visit, code=visit.query("code")[:60])


async def act(visit: Visit) -> Response:
    form = await visit.form()
    visit.person()
    request = pb.SetRecoveryAddressRequest(address=form.line("address")[:1000])
    try:
        await visit.desk.recovery.SetRecoveryAddress(request, metadata=visit.metadata())
    except TooManyRequests as error:
        visit.exchange.reason = error.reason
        return await _page(visit, {"address": visit.words("recovery.too_many")}, 429, typed=request.address)
    except InvalidInput as error:
        visit.exchange.reason = error.reason
        own = error.fields.get("address") == "your own"
        wrong = visit.words("recovery.own" if own else "recovery.refused")
        return await _page(visit, {"address": wrong}, 422, typed=request.address)
    return visit.go(f"{PATH}?done=sent")


async def confirm(visit: Visit) -> Response:
    form = await visit.form()
    visit.person()
    request = pb.ConfirmRecoveryAddressRequest(code=form.line("code")[:200])
    try:
        await visit.desk.recovery.ConfirmRecoveryAddress(request, metadata=visit.metadata())
    except LoginTooOld:
        raise
    except TooManyRequests as error:
        wait, headers = visit.waiting(error)
        response = await _page(visit, {"code": wait}, 429)
        response.headers.update(headers)
        return response
    except (InvalidInput, PreconditionFailed, Unauthenticated) as error:
        visit.exchange.reason = error.reason
        return await _page(visit, {"code": visit.words("code.wrong")}, 422)
    return visit.go(f"{PATH}?done=confirmed")


async def remove(visit: Visit) -> Response:
    await visit.form()
    visit.person()
    await visit.desk.recovery.RemoveRecoveryAddress(pb.RemoveRecoveryAddressRequest())
    return visit.go(f"{PATH}?done=removed")


async def _page(
    visit: Visit, wrong: dict[str, str] | None = None, status: int = 200, *, typed: str = "", code: str = ""
) -> Response:
    factors = await visit.desk.credentials.GetFactors(credentials_pb2.GetFactorsRequest())
    return visit.page(
        "recovery_address.html",
        status,
        address=factors.recovery_address,
        pending=factors.recovery_address_pending,
        wrong=wrong or {},
        typed=typed,
        code=code,
    )
