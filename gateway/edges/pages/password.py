"""Change one's own password."""

from starlette.responses import Response
from workspace.directory.v1 import directory_pb2 as pb

from chassis.errors import InvalidInput, TooManyRequests, Unauthenticated
from gateway.edges.pages.visit import Visit


async def show(visit: Visit) -> Response:
    visit.person()
    return visit.page("password.html", wrong={}, wait="")


async def act(visit: Visit) -> Response:
    person, form = visit.person(), await visit.form()
    new = form.text("new_password")
    if not form.text("current_password"):
        return _wrong(visit, {"current_password": "password.current_missing"})
    if new != form.text("new_password_again"):
        return _wrong(visit, {"new_password_again": "password.differs"})
    request = pb.SetPasswordRequest(
        id=person.account_id, current_password=form.text("current_password"), new_password=new
    )
    try:
        await visit.desk.accounts.SetPassword(request, metadata=visit.metadata())
    except InvalidInput as error:
        visit.exchange.reason = error.reason
        return _wrong(visit, {"new_password": weakness(visit, error.fields.get("new_password", ""))})
    except TooManyRequests as error:
        wait, headers = visit.waiting(error)
        response = visit.page("password.html", 429, wrong={}, wait=wait)
        response.headers.update(headers)
        return response
    except Unauthenticated as error:
        visit.exchange.reason = error.reason
        return _wrong(visit, {"current_password": "password.current_wrong"})
    # Every session has ended with the old password, this one too.
    visit.leave()
    return visit.go("/login?done=password")


def weakness(visit: Visit, why: str) -> str:
    """The word for what directory has against a new password."""
    word = f"password.refused_{why.replace(' ', '_')}"
    return word if visit.words.knows(word) else "password.refused"


def _wrong(visit: Visit, wrong: dict[str, str]) -> Response:
    said = {field: visit.words(word) for field, word in wrong.items()}
    return visit.page("password.html", 422, wrong=said, wait="")
