"""Set a password with a one-time code: of a reset letter or the help desk, or of an account's activation letter."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.responses import Response
from workspace.directory.v1 import credentials_pb2 as pb

from chassis.errors import InvalidInput, SecondFactorRequired, TooManyRequests, Unauthenticated
from gateway.edges.pages import challenge
from gateway.edges.pages.forms import Form
from gateway.edges.pages.password import weakness
from gateway.edges.pages.visit import Visit

RESET, ACTIVATE = "reset", "activate"
_PATHS = {RESET: "/login/reset", ACTIVATE: "/activate"}


async def show_reset(visit: Visit) -> Response:
    return _page(visit, RESET, visit.query("code"))


async def show_activation(visit: Visit) -> Response:
    return _page(visit, ACTIVATE, visit.query("code"))


async def reset(visit: Visit) -> Response:
    form = await visit.form()
    return await _set(visit, RESET, form, visit.desk.credentials.FinishReset, pb.FinishResetRequest)


async def activate(visit: Visit) -> Response:
    form = await visit.form()
    return await _set(visit, ACTIVATE, form, visit.desk.credentials.Activate, pb.ActivateRequest)


async def _set(
    visit: Visit, purpose: str, form: Form, call: Callable[..., Awaitable[Any]], request: Callable[..., Any]
) -> Response:
    code, new = form.line("code")[:200], form.text("new_password")
    if not code:
        return _page(visit, purpose, code, {"code": "code.missing"}, 422)
    if new != form.text("new_password_again"):
        return _page(visit, purpose, code, {"new_password_again": "password.differs"}, 422)
    asked = request(code=code, new_password=new)
    try:
        visit.count(asked)
        await call(asked, metadata=visit.metadata())
    except TooManyRequests as error:
        wait, headers = visit.waiting(error)
        response = _page(visit, purpose, code, {}, 429, wait=wait)
        response.headers.update(headers)
        return response
    except InvalidInput as error:
        visit.exchange.reason = error.reason
        if "new_password" not in error.fields:
            return _page(visit, purpose, code, {"code": "code.wrong"}, 422)
        return _page(visit, purpose, code, {"new_password": weakness(visit, error.fields["new_password"])}, 422)
    except SecondFactorRequired as error:
        challenge.keep(visit, error.fields, cookie=challenge.RESET_COOKIE)
        return visit.go("/login/reset/second-factor")
    except Unauthenticated as error:
        visit.exchange.reason = error.reason
        return _page(visit, purpose, code, {"code": "code.wrong"}, 422)
    visit.leave()
    return visit.go(f"/login?done={purpose}")


def _page(
    visit: Visit,
    purpose: str,
    code: str,
    wrong: dict[str, str] | None = None,
    status: int = 200,
    *,
    wait: str = "",
) -> Response:
    said = {field: visit.words(word) if visit.words.knows(word) else word for field, word in (wrong or {}).items()}
    return visit.page(
        "reset.html", status, purpose=purpose, action=_PATHS[purpose], code=code[:200], wrong=said, wait=wait
    )
