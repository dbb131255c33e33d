"""The front page: what this is, and who is logged in."""

from starlette.responses import Response

from gateway.edges.pages.visit import Visit


async def show(visit: Visit) -> Response:
    return visit.page("home.html")
