"""One's own account at a glance."""

from starlette.responses import Response
from workspace.directory.v1 import directory_pb2 as pb

from gateway.edges.pages.visit import Visit


async def show(visit: Visit) -> Response:
    visit.person()
    account = await visit.desk.accounts.GetOwnAccount(pb.GetOwnAccountRequest())
    return visit.page("account.html", account=account)
