"""The second page of a login: a code of the application, a recovery code, or a passkey."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.responses import Response
from workspace.directory.v1 import directory_pb2 as pb

from chassis.errors import InvalidInput, TooManyRequests, Unauthenticated
from gateway.edges.pages import challenge
from gateway.edges.pages.challenge import PASSKEY, RECOVERY_CODE, TOTP, Challenge
from gateway.edges.pages.login import Wish, entered
from gateway.edges.pages.visit import Visit


async def show(visit: Visit) -> Response:
    wish, kept = Wish.of_query(visit), challenge.kept(visit)
    return start_again(visit, wish) if kept is None else _page(visit, wish, kept)


async def act(visit: Visit) -> Response:
    form = await visit.form()
    wish, kept = Wish.of_form(form), challenge.kept(visit)
    if kept is None:
        return start_again(visit, wish)
    code, recovery = "".join(form.text("code").split()), form.line("recovery_code")
    if not code and not recovery:
        return _page(visit, wish, kept, wrong="second.missing", status=422)
    given = {"code": code} if code else {"recovery_code": recovery}
    return await confirm(visit, wish, kept, pb.ConfirmSessionRequest(challenge=kept.token, **given))


async def confirm(visit: Visit, wish: Wish, kept: Challenge, request: pb.ConfirmSessionRequest) -> Response:
    """Finish the login with a second factor, or say why not."""
    recovering = bool(request.recovery_code)
    try:
        visit.count(request)
        session = await visit.desk.sessions.ConfirmSession(request, metadata=visit.metadata())
    except TooManyRequests as error:
        wait, headers = visit.waiting(error)
        response = _page(visit, wish, kept, wrong="second.too_often", status=429, wait=wait, recovering=recovering)
        response.headers.update(headers)
        return response
    except (Unauthenticated, InvalidInput) as error:
        visit.exchange.reason = error.reason
        wrong = "second.wrong_passkey" if request.passkey else "second.wrong"
        return _page(visit, wish, kept, wrong=wrong, status=422, recovering=recovering)
    return await entered(visit, wish, session, stay=kept.stay)


def start_again(visit: Visit, wish: Wish) -> Response:
    return visit.go(f"/login?{wish.query()}&done=late")


def _page(
    visit: Visit,
    wish: Wish,
    kept: Challenge,
    *,
    wrong: str = "",
    status: int = 200,
    wait: str = "",
    recovering: bool = False,
) -> Response:
    known = {"return_to": wish.return_to, "acr": wish.acr, "again": "1" if wish.again else ""}
    return asked(
        visit,
        kept,
        Asking("/login/second-factor", "/login/passkey", f"/login?{wish.query()}", "second.again", known),
        wrong=wrong,
        status=status,
        wait=wait,
        recovering=recovering,
    )


@dataclass(frozen=True)
class Asking:
    """Where a second factor goes: the forms' address, the passkey's, where one begins anew, and what forms carry."""

    action: str
    passkey: str
    anew: str
    anew_word: str
    known: Mapping[str, str] = field(default_factory=dict)


def asked(
    visit: Visit,
    kept: Challenge,
    asking: Asking,
    *,
    wrong: str = "",
    status: int = 200,
    wait: str = "",
    recovering: bool = False,
) -> Response:
    """The page that asks for it."""
    return visit.page(
        "second_factor.html",
        status,
        asking=asking,
        totp=TOTP in kept.methods,
        recovery_code=RECOVERY_CODE in kept.methods,
        passkey=PASSKEY in kept.methods,
        recovering=recovering or not {TOTP, PASSKEY} & set(kept.methods),
        wrong=visit.words(wrong) if wrong else "",
        wait=wait,
    )
