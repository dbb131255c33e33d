"""Have an authenticator application give codes for this account."""

import segno
from starlette.responses import Response
from workspace.directory.v1 import credentials_pb2 as pb

from chassis.errors import InvalidInput, LoginTooOld, TooManyRequests, Unauthenticated
from gateway.edges.pages.factors import PATH, show_codes
from gateway.edges.pages.visit import Visit

_LONGEST_URI = 1000


async def begin(visit: Visit) -> Response:
    visit.person()
    await visit.form()
    enrolment = await visit.desk.credentials.BeginTotp(pb.BeginTotpRequest())
    return _page(visit, enrolment.secret, enrolment.uri)


async def act(visit: Visit) -> Response:
    visit.person()
    form = await visit.form()
    # The form carries them so that a mistyped code does not cost the scan.
    secret, uri = form.text("secret")[:200], form.text("uri")[:_LONGEST_URI]
    request = pb.ConfirmTotpRequest(code="".join(form.text("code").split()))
    try:
        made = await visit.desk.credentials.ConfirmTotp(request, metadata=visit.metadata())
    except LoginTooOld:
        raise
    except TooManyRequests as error:
        wait, headers = visit.waiting(error)
        response = _page(visit, secret, uri, wrong=wait, status=429)
        response.headers.update(headers)
        return response
    except (Unauthenticated, InvalidInput) as error:
        visit.exchange.reason = error.reason
        return _page(visit, secret, uri, wrong=visit.words("totp.wrong"), status=422)
    if made.codes:
        return show_codes(visit, list(made.codes), "codes.first")
    return visit.go(f"{PATH}?done=totp_added")


def _page(visit: Visit, secret: str, uri: str, *, wrong: str = "", status: int = 200) -> Response:
    picture = segno.make(uri, micro=False).svg_data_uri(scale=4, border=2, light="#fff") if uri else ""
    spaced = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return visit.page("totp.html", status, secret=secret, spaced=spaced, uri=uri, picture=picture, wrong=wrong)
