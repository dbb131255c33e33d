"""Passwords for mail programs and telephones, one for each program on each device."""

from starlette.responses import Response
from workspace.directory.v1 import credentials_pb2 as pb

from chassis.errors import InvalidInput
from gateway.edges.pages.visit import Visit

PATH = "/account/app-passwords"


def protocols(visit: Visit) -> tuple[str, ...]:
    """What an app password can be for, as directory knows it: what is served."""
    servers = visit.desk.servers
    more = (("sieve", servers.managesieve), ("dav", servers.dav), ("ldap", servers.ldaps))
    return ("all", "imap", "submission", *(name for name, place in more if place))


async def show(visit: Visit) -> Response:
    visit.person()
    return await _page(visit)


async def act(visit: Visit) -> Response:
    person, form = visit.person(), await visit.form()
    label, protocol = form.line("label"), form.text("protocol")
    if not label or protocol not in protocols(visit):
        return await _page(visit, wrong="apps.label_missing", status=422)
    request = pb.CreateAppPasswordRequest(protocol=protocol, label=label)
    try:
        made = await visit.desk.credentials.CreateAppPassword(request)
    except InvalidInput as error:
        visit.exchange.reason = error.reason
        return await _page(visit, wrong="apps.label_refused", status=422, label=label)
    return visit.page(
        "app_password.html",
        made=made.app_password,
        secret=made.secret,
        address=person.address,
        servers=visit.desk.servers,
        wants=lambda *protocols: made.app_password.protocol in ("all", *protocols),
    )


async def remove(visit: Visit) -> Response:
    visit.person()
    form = await visit.form()
    await visit.desk.credentials.DeleteAppPassword(pb.DeleteAppPasswordRequest(id=form.text("id")))
    return visit.go(f"{PATH}?done=removed")


async def _page(visit: Visit, *, wrong: str = "", status: int = 200, label: str = "") -> Response:
    listed = await visit.desk.credentials.ListAppPasswords(pb.ListAppPasswordsRequest())
    factors = await visit.desk.credentials.GetFactors(pb.GetFactorsRequest())
    return visit.page(
        "app_passwords.html",
        status,
        passwords=listed.app_passwords,
        own_password=factors.own_password_on_protocols,
        protocols=protocols(visit),
        wrong=visit.words(wrong) if wrong else "",
        label=label,
    )
