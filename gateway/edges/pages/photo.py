"""One's own photo: seen, set, replaced, removed, by plain forms."""

from collections.abc import AsyncIterator

from google.api.httpbody_pb2 import HttpBody
from starlette.responses import Response
from workspace.directory.v1 import directory_pb2 as directory
from workspace.directory.v1 import photos_pb2 as pb

from chassis.errors import InvalidInput, NotFound, TooLarge, TooManyRequests
from chassis.rpc import translated
from gateway.edges.pages.visit import Visit

PATH = "/account/photo"
FIELD = "photo"
TAKEN = "image/jpeg,image/png,image/webp"
# Of the photo; directory refuses what is larger by its own limit.
MOST_OCTETS = 5 * 1024 * 1024
_PIECE = 64 * 1024


async def show(visit: Visit) -> Response:
    visit.person()
    return await _page(visit)


async def picture(visit: Visit) -> Response:
    """The photo itself, for the pages: browsers send no token along with an image's address."""
    person = visit.person()
    call = visit.desk.photos.GetPhoto(pb.GetPhotoRequest(account_id=person.account_id))
    try:
        with translated():
            octets = b"".join([body.data async for body in call])
    except NotFound:
        return visit.dressed(Response(status_code=404))
    return visit.dressed(Response(octets, media_type="image/jpeg"))


async def act(visit: Visit) -> Response:
    person = visit.person()
    try:
        form = await visit.form_with_file(MOST_OCTETS)
        octets = form.file(FIELD)
        if not octets:
            return await _page(visit, wrong="photo.missing")
        with translated():
            await visit.desk.photos.SetPhoto(_requests(person.account_id, octets))
    except TooLarge as error:
        visit.exchange.reason = error.reason
        return await _page(visit, wrong="photo.too_large")
    except InvalidInput as error:
        visit.exchange.reason = error.reason
        return await _page(visit, wrong="photo.refused")
    except TooManyRequests as error:
        wait, headers = visit.waiting(error)
        response = await _page(visit, wait=wait)
        response.headers.update(headers)
        return response
    return visit.go(f"{PATH}?done=photo_set")


async def remove(visit: Visit) -> Response:
    person = visit.person()
    await visit.form()
    await visit.desk.photos.DeletePhoto(pb.DeletePhotoRequest(account_id=person.account_id))
    return visit.go(f"{PATH}?done=photo_removed")


async def _requests(account_id: str, octets: bytes) -> AsyncIterator[pb.SetPhotoRequest]:
    for start in range(0, len(octets), _PIECE):
        yield pb.SetPhotoRequest(account_id=account_id, photo=HttpBody(data=octets[start : start + _PIECE]))
    yield pb.SetPhotoRequest(last=True)


async def _page(visit: Visit, *, wrong: str = "", wait: str = "") -> Response:
    account = await visit.desk.accounts.GetOwnAccount(directory.GetOwnAccountRequest())
    status = 429 if wait else 422 if wrong else 200
    said = visit.words(wrong) if wrong else ""
    return visit.page("photo.html", status, etag=account.photo_etag, wrong=said, wait=wait, taken=TAKEN)
