"""Log out: the session ends everywhere, and the browser forgets it."""

from contextlib import suppress

from starlette.responses import Response
from workspace.directory.v1 import directory_pb2 as pb

from chassis.errors import Unauthenticated
from gateway.edges.pages.visit import Visit


async def show(visit: Visit) -> Response:
    """Ask first: a link that logs out would be anybody's to place."""
    if visit.identity is None:
        return visit.page("logged_out.html")
    return visit.page("logout.html")


async def act(visit: Visit) -> Response:
    await visit.form()
    if visit.identity is not None:
        with suppress(Unauthenticated):  # it has ended meanwhile
            await visit.desk.sessions.DeleteSession(pb.DeleteSessionRequest())
    visit.leave()
    return visit.go("/logout")
