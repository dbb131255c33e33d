"""One request for a page: who asks, in which language, and how it is answered."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlsplit

from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from workspace.directory.v1 import directory_pb2 as pb

from chassis.errors import Forbidden, NotFound, TooManyRequests, Unauthenticated, WorkspaceError
from chassis.identity import Identity, acting_as
from gateway.edge.exchange import Exchange, exchange_of
from gateway.edges.pages import forgery
from gateway.edges.pages.desk import Desk
from gateway.edges.pages.forms import Form, read_form, read_form_with_file
from gateway.edges.pages.returning import own_path
from gateway.edges.pages.words import FRENCH, LANGUAGES, Words, preferred
from gateway.problems import headers_of

LANGUAGE = "workspace_language"
_A_YEAR = 365 * 24 * 3600
# Paths that may answer with a redirect to another site, which a browser lets no form of ours lead to (CSP form-action).
_LEADING_ELSEWHERE = ("/oidc/",)
# The forms' Origin would be "null" without any referrer (Fetch §3.2); other sites still learn nothing.
_HEADERS = {"cache-control": "no-store", "referrer-policy": "same-origin", "vary": "cookie, accept-language"}


class ForgedForm(Forbidden):
    """A form that no page of ours has sent in this session: forged, or of a page from before a login."""

    reason = "forged_form"
    title = "The form is not from this session"


class Visit:
    """Handlers read from it and answer with its `page`, `go` or `problem`."""

    def __init__(self, desk: Desk, request: Request) -> None:
        self.desk = desk
        self.request = request
        self.exchange: Exchange = exchange_of(request.scope)
        self.identity: Identity | None = None
        self._cookie = desk.cookies.read(request.cookies)
        self._nonce = forgery.nonce_of(desk.cookies.read(request.cookies, forgery.COOKIE))
        self._fresh = not self._nonce
        if self._fresh:
            self._nonce = forgery.new_nonce()
        chosen = desk.cookies.read(request.cookies, LANGUAGE)
        language = chosen if chosen in LANGUAGES else preferred(request.headers.get("accept-language", ""))
        self.words: Words = desk.words(language)
        # What the answer sets: plain name, value (empty: forget it) and seconds.
        self._sets: list[tuple[str, str, int | None]] = []

    async def recognise(self) -> None:
        """Learn who asks, and whether that often. Raises `TooManyRequests`, `Unavailable`."""
        access = self.desk.access
        if self._cookie:
            try:
                session = await self.desk.sessions.ExchangeCookie(pb.ExchangeCookieRequest(value=self._cookie))
                self.identity = await access.admit(self.exchange, f"Bearer {session.access_token}")
            except Unauthenticated:
                self._cookie = ""
                self.keep("workspace_session", "")
        if self.identity is None:
            access.admit_anybody(self.exchange)

    def person(self) -> Identity:
        """Who is logged in. Raises `Unauthenticated`, which leads to the login page."""
        if self.identity is None:
            raise Unauthenticated
        return self.identity

    @property
    def path(self) -> str:
        """The path that was asked for, with its query where asking again does no harm."""
        url = self.request.url
        return f"{url.path}?{url.query}" if url.query and self.request.method in ("GET", "HEAD") else url.path

    def cookie(self, plain: str) -> str:
        return self.desk.cookies.read(self.request.cookies, plain)

    def query(self, name: str) -> str:
        return self.request.query_params.get(name, "")

    async def form(self) -> Form:
        """What the form sent. Raises `ForgedForm`, `InvalidInput`, `TooLarge`, `UnsupportedMediaType`."""
        return self._genuine(await read_form(self.request.headers, self.request.receive))

    async def form_with_file(self, most: int) -> Form:
        """The same of a form with one file of at most `most` octets."""
        return self._genuine(await read_form_with_file(self.request.headers, self.request.receive, most))

    def _genuine(self, form: Form) -> Form:
        if not self.genuine(form.text(forgery.FIELD)):
            raise ForgedForm
        return form

    def genuine(self, token: str) -> bool:
        """Whether a form with this token came from a page of ours in this session."""
        return not forgery.from_elsewhere(self.request.headers) and forgery.genuine(token, self._nonce, self._cookie)

    def count(self, request: Message) -> None:
        """Count what is asked for without a token, as its REST route does. Raises `TooManyRequests`."""
        self.desk.access.admit_public(self.exchange, request)

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What directory is told of the client."""
        return self.exchange.metadata()

    def keep(self, plain: str, value: str, seconds: int | None = None) -> None:
        """Set a cookie with the answer; an empty value forgets it."""
        self._sets.append((plain, value, seconds))

    def speak(self, language: str) -> None:
        """Remember a language for this browser."""
        if language in LANGUAGES:
            self.keep(LANGUAGE, language, _A_YEAR)

    async def enter(self, access_token: str, seconds: int | None) -> Identity:
        """Make the browser's session the one of a token that a login has just answered.

        The session's cookie and the forms' nonce are new, whatever the browser came with.
        """
        identity = await self.desk.access.identity(access_token)
        if self.identity is not None and self.identity.account_id != identity.account_id:
            # Somebody else goes on in this browser. Of the same person's, applications may hang on the older session.
            with suppress(Unauthenticated):
                await self.desk.sessions.DeleteSession(pb.DeleteSessionRequest())
        with acting_as(identity):
            cookie = await self.desk.sessions.CreateCookie(pb.CreateCookieRequest())
            account = await self.desk.accounts.GetOwnAccount(pb.GetOwnAccountRequest())
        self.keep("workspace_session", cookie.value, seconds)
        self.keep(forgery.COOKIE, forgery.new_nonce())
        self.speak(account.profile.language)
        self.exchange.account_id = identity.account_id
        return identity

    def leave(self) -> None:
        """Forget the session in the browser, and make what its open pages would send worthless."""
        self.keep("workspace_session", "")
        self.keep(forgery.COOKIE, forgery.new_nonce())

    def page(self, template: str, status: int = 200, **context: Any) -> Response:
        """A page. Its template finds the words as `_`, who is logged in as `identity`, and what is given."""
        other = next(language for language in LANGUAGES if language != self.words.language)
        common = {
            "_": self.words,
            "identity": self.identity,
            "csrf": forgery.token(self._nonce, self._cookie),
            "path": self.request.url.path,
            "done": self._done(),
            "other_language": other,
            "other_language_name": LANGUAGES[other],
            "other_language_path": f"/language/{other}?return_to={quote(self.path, safe='')}",
        }
        return self.dressed(HTMLResponse(self.desk.render(template, common | context), status))

    def _done(self) -> str:
        """What was just done on another page, as a word of ours; empty for what nobody here says."""
        word = f"done.{self.query('done')}"
        return self.words(word) if self.request.method == "GET" and self.words.knows(word) else ""

    def scope_words(self, scope: Any) -> str:
        """What a scope means, in the language at hand."""
        return str(scope.french if self.words.language == FRENCH else scope.english) or str(scope.scope)

    def go(self, path: str) -> Response:
        """Send the browser on to a path of ours."""
        path = own_path(path)
        if self.request.method == "POST" and urlsplit(path).path.startswith(_LEADING_ELSEWHERE):
            return self.page("onwards.html", to=path)
        return self.dressed(RedirectResponse(path, 303))

    def log_in(self, *, again: bool = False) -> Response:
        """Send the browser to the login page, and back here afterwards; `again` when the login at hand is too old."""
        prompt = "&prompt=login" if again else ""
        return self.go(f"/login?return_to={quote(self.path, safe='')}{prompt}")

    def problem(self, error: WorkspaceError) -> Response:
        """A page that says what went wrong, and what to do."""
        self.exchange.reason = error.reason
        known = self.words.knows(f"problem.{error.reason}")
        response = self.page(
            "problem.html",
            error.http_status,
            again=not isinstance(error, NotFound),
            what=self.words(f"problem.{error.reason}" if known else "problem.internal"),
            wait=self.words.duration(error.retry_after) if error.retry_after else "",
            request_id=self.exchange.request_id,
        )
        response.headers.update(headers_of(error))
        return response

    def waiting(self, error: TooManyRequests) -> tuple[str, Mapping[str, str]]:
        """How long to wait before another try, and the header fields that say so to programs."""
        self.exchange.reason = error.reason
        return self.words("form.wait", time=self.words.duration(error.retry_after or 1)), headers_of(error)

    def dressed(self, response: Response) -> Response:
        """The answer with its cookies and header fields."""
        if self._fresh and not any(plain == forgery.COOKIE for plain, _, _ in self._sets):
            self.keep(forgery.COOKIE, self._nonce)
        for plain, value, seconds in self._sets:
            if value:
                self.desk.cookies.write(response, value, plain, seconds)
            else:
                self.desk.cookies.clear(response, plain)
        self._sets.clear()
        self._fresh = False
        response.headers.update(_HEADERS)
        return response
