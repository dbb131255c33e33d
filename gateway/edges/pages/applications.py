"""Applications of others that the person has let in, and taking that back."""

from starlette.responses import Response
from workspace.directory.v1 import openid_pb2 as pb

from gateway.edges.pages.visit import Visit


async def show(visit: Visit) -> Response:
    visit.person()
    listed = await visit.desk.openid.ListConsents(pb.ListConsentsRequest())
    return visit.page("applications.html", consents=listed.consents, scope_words=visit.scope_words)


async def act(visit: Visit) -> Response:
    visit.person()
    form = await visit.form()
    await visit.desk.openid.RevokeConsent(pb.RevokeConsentRequest(client_id=form.text("client_id")))
    return visit.go("/account/applications?done=revoked")
