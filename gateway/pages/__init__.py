"""The API's documentation, with its assets beside this file."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

_HERE = Path(__file__).parent
_FILES = {
    "/docs": ("docs.html", "text/html"),
    "/assets/gateway.css": ("gateway.css", "text/css"),
    "/assets/docs.js": ("docs.js", "text/javascript"),
    "/assets/words.js": ("words.js", "text/javascript"),
}


def _page(path: str, file: str, media_type: str) -> Route:
    async def serve(_request: Request) -> Response:
        return FileResponse(_HERE / file, media_type=media_type, headers={"cache-control": "no-cache"})

    return Route(path, serve, methods=["GET"])


async def _docs(_request: Request) -> Response:
    return RedirectResponse("/docs", 308)


def page_routes() -> list[BaseRoute]:
    return [*(_page(path, *file) for path, file in _FILES.items()), Route("/docs/", _docs, methods=["GET"])]
