"""Log in with an address and a password."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response
from workspace.directory.v1 import directory_pb2 as pb

from chassis.errors import SecondFactorRequired, TooManyRequests, Unauthenticated
from gateway.edges.pages import challenge
from gateway.edges.pages.forms import Form
from gateway.edges.pages.returning import own_path
from gateway.edges.pages.visit import Visit

# A browser that was told to stay logged in keeps the cookie as long as directory keeps an unused session.
STAYING_SECONDS = 14 * 24 * 3600
# The strength that asks for a second factor, as directory's tokens name it.
MULTI_FACTOR = "urn:gouv:tg:acr:2"


@dataclass(frozen=True)
class Wish:
    """Where a login leads, how strong it has to be, and whether one that is there already will do."""

    return_to: str
    acr: str = ""
    again: bool = False

    @classmethod
    def of_query(cls, visit: Visit) -> "Wish":
        return cls(own_path(visit.query("return_to")), _acr(visit.query("acr")), visit.query("prompt") == "login")

    @classmethod
    def of_form(cls, form: Form) -> "Wish":
        return cls(own_path(form.text("return_to")), _acr(form.text("acr")), bool(form.text("again")))

    def met(self, visit: Visit) -> bool:
        """Whether who is logged in may go on without logging in again."""
        identity = visit.identity
        return identity is not None and not self.again and (not self.acr or identity.acr == self.acr)

    def query(self) -> str:
        """The same, for the address of the login's next page."""
        wishes = {"return_to": self.return_to, "acr": self.acr, "prompt": "login" if self.again else ""}
        return urlencode({name: value for name, value in wishes.items() if value})


def _acr(given: str) -> str:
    return MULTI_FACTOR if MULTI_FACTOR in given.split() else ""


async def show(visit: Visit) -> Response:
    wish = Wish.of_query(visit)
    if wish.met(visit):
        return visit.go(wish.return_to)
    known = visit.identity.address if visit.identity is not None else visit.query("login_hint")[:320]
    return _page(visit, wish, known)


async def act(visit: Visit) -> Response:
    form = await visit.form()
    wish, address, stay = Wish.of_form(form), form.line("address"), bool(form.text("stay"))
    if not address or not form.text("password"):
        return _page(visit, wish, address, "login.incomplete", 422)
    request = pb.CreateSessionRequest(address=address, password=form.text("password"))
    try:
        visit.count(request)
        session = await visit.desk.sessions.CreateSession(request, metadata=visit.metadata())
    except TooManyRequests as error:
        wait, headers = visit.waiting(error)
        response = _page(visit, wish, address, "login.wrong_often", 429, wait=wait)
        response.headers.update(headers)
        return response
    except SecondFactorRequired as error:
        challenge.keep(visit, error.fields, stay=stay)
        return visit.go(f"/login/second-factor?{wish.query()}")
    except Unauthenticated as error:
        visit.exchange.reason = error.reason
        return _page(visit, wish, address, "login.wrong", 422)
    return await entered(visit, wish, session, stay=stay)


async def entered(visit: Visit, wish: Wish, session: Any, *, stay: bool) -> Response:
    """Go on with the session that a login has just answered."""
    identity = await visit.enter(session.access_token, STAYING_SECONDS if stay else None)
    challenge.forget(visit)
    if wish.acr and identity.acr != wish.acr:
        # Logging in again would not make it stronger: the account has no second factor yet.
        return visit.go(f"/account/second-factor?{urlencode({'needed': '1', 'return_to': wish.return_to})}")
    return visit.go(wish.return_to)


def _page(visit: Visit, wish: Wish, address: str, wrong: str = "", status: int = 200, *, wait: str = "") -> Response:
    return visit.page(
        "login.html",
        status,
        wish=wish,
        address=address,
        wrong=visit.words(wrong) if wrong else "",
        wait=wait,
    )
