"""Speak the other language from now on, in this browser."""

from starlette.responses import Response

from chassis.errors import NotFound
from gateway.edges.pages.visit import Visit
from gateway.edges.pages.words import LANGUAGES


async def show(visit: Visit) -> Response:
    language = str(visit.request.path_params["language"])
    if language not in LANGUAGES:
        raise NotFound
    visit.speak(language)
    return visit.go(visit.query("return_to") or "/")
