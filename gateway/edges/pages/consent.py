"""Whether an application of others may learn and do what it asks for."""

from starlette.responses import Response
from workspace.directory.v1 import openid_pb2 as pb

from gateway.edges.pages.visit import Visit


async def show(visit: Visit) -> Response:
    visit.person()
    asked = visit.query("request")
    authorization = await visit.desk.openid.DescribeAuthorization(pb.DescribeAuthorizationRequest(request=asked))
    return visit.page("consent.html", asked=asked, authorization=authorization, scope_words=visit.scope_words)


async def act(visit: Visit) -> Response:
    visit.person()
    form = await visit.form()
    openid, asked = visit.desk.openid, form.text("request")
    if form.text("decision") == "allow":
        answer = await openid.GrantConsent(pb.GrantConsentRequest(request=asked))
    else:
        answer = await openid.DenyConsent(pb.DenyConsentRequest(request=asked))
    return visit.go(answer.return_to)
