"""Where the person is logged in, and logging out there."""

from starlette.responses import Response
from workspace.directory.v1 import credentials_pb2 as pb

from gateway.edges.pages.devices import device
from gateway.edges.pages.visit import Visit

PATH = "/account/sessions"


async def show(visit: Visit) -> Response:
    visit.person()
    listed = await visit.desk.credentials.ListSessions(pb.ListSessionsRequest())
    return visit.page("sessions.html", sessions=listed.sessions, device=device)


async def act(visit: Visit) -> Response:
    person, form = visit.person(), await visit.form()
    session = form.text("id")
    if not session:
        await visit.desk.credentials.RevokeOtherSessions(pb.RevokeOtherSessionsRequest())
        return visit.go(f"{PATH}?done=others")
    await visit.desk.credentials.RevokeSession(pb.RevokeSessionRequest(id=session))
    if session == person.session_id:
        visit.leave()
        return visit.go("/logout")
    return visit.go(f"{PATH}?done=one")
