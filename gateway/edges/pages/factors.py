"""What the person proves itself with beside the password: an overview, and what leads away from each."""

from starlette.responses import Response
from workspace.directory.v1 import credentials_pb2 as pb

from chassis.errors import InvalidInput
from gateway.edges.pages.returning import own_path
from gateway.edges.pages.visit import Visit

PATH = "/account/second-factor"


async def show(visit: Visit) -> Response:
    visit.person()
    factors = await visit.desk.credentials.GetFactors(pb.GetFactorsRequest())
    # A login that an application asked for in vain goes on here once there is a second factor.
    onwards = own_path(visit.query("return_to"), "") if visit.query("needed") else ""
    return visit.page("factors.html", factors=factors, onwards=onwards)


async def remove_totp(visit: Visit) -> Response:
    visit.person()
    await visit.form()
    await visit.desk.credentials.RemoveTotp(pb.RemoveTotpRequest())
    return visit.go(f"{PATH}?done=totp_removed")


async def remove_passkey(visit: Visit) -> Response:
    visit.person()
    form = await visit.form()
    await visit.desk.credentials.DeletePasskey(pb.DeletePasskeyRequest(id=form.text("id")))
    return visit.go(f"{PATH}?done=passkey_removed")


async def rename_passkey(visit: Visit) -> Response:
    visit.person()
    form = await visit.form()
    request = pb.RenamePasskeyRequest(id=form.text("id"), name=form.line("name")[:100])
    try:
        await visit.desk.credentials.RenamePasskey(request)
    except InvalidInput as error:
        visit.exchange.reason = error.reason
        return visit.go(f"{PATH}?done=passkey_name_refused")
    return visit.go(f"{PATH}?done=passkey_renamed")


async def new_codes(visit: Visit) -> Response:
    visit.person()
    await visit.form()
    made = await visit.desk.credentials.CreateRecoveryCodes(pb.CreateRecoveryCodesRequest())
    return show_codes(visit, list(made.codes), "codes.replaced")


def show_codes(visit: Visit, codes: list[str], why: str) -> Response:
    """Recovery codes, this once."""
    return visit.page("recovery_codes.html", codes=codes, why=visit.words(why), back=PATH)
