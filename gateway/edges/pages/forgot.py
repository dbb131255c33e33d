"""A lost password: have a letter sent to the recovery address, or learn whom to ask."""

from starlette.responses import Response
from workspace.directory.v1 import recovery_pb2 as pb

from chassis.errors import TooManyRequests
from gateway.edges.pages.visit import Visit


async def show(visit: Visit) -> Response:
    return visit.page("forgot.html", sent=False, address="", wrong="", wait="")


async def act(visit: Visit) -> Response:
    form = await visit.form()
    address = form.line("address")[:320]
    if not address:
        return visit.page("forgot.html", 422, sent=False, address="", wrong=visit.words("forgot.missing"), wait="")
    request = pb.StartResetRequest(address=address)
    try:
        visit.count(request)
        await visit.desk.recovery.StartReset(request, metadata=visit.metadata())
    except TooManyRequests as error:
        wait, headers = visit.waiting(error)
        response = visit.page("forgot.html", 429, sent=False, address=address, wrong="", wait=wait)
        response.headers.update(headers)
        return response
    return visit.page("forgot.html", sent=True, address=address, wrong="", wait="")
