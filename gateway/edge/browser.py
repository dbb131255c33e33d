"""The cookies by which a browser is known again, and whose they are.

Over TLS their names begin with `__Host-`: a browser then takes them from this very host only, so that no neighbour in
the domain can plant one (RFC 6265bis §4.1.3.2).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from gateway.settings import Settings

_SESSION = "workspace_session"
# Of a value that no cookie of ours has, nobody is asked.
_LONGEST = 4096


@dataclass(frozen=True)
class Cookies:
    """Reads and writes them; `secure` when browsers reach us over TLS."""

    secure: bool

    @classmethod
    def of(cls, settings: Settings) -> "Cookies":
        encrypted = settings.public_url.startswith("https://")
        return cls(encrypted or settings.http_strict_transport or settings.http_certificate is not None)

    @property
    def session(self) -> str:
        """The name of the cookie that `SessionService.ExchangeCookie` knows."""
        return self.name(_SESSION)

    def name(self, plain: str) -> str:
        return f"__Host-{plain}" if self.secure else plain

    def read(self, cookies: Mapping[str, str], plain: str = _SESSION) -> str:
        """The value of a cookie; empty when there is none that could be ours."""
        value = cookies.get(self.name(plain), "")
        return value if len(value) <= _LONGEST else ""

    def write(self, response: Response, value: str, plain: str = _SESSION, seconds: int | None = None) -> None:
        """Set it, until the browser closes unless `seconds` are given. Other sites' requests carry it only as links."""
        response.set_cookie(
            self.name(plain), value, max_age=seconds, path="/", secure=self.secure, httponly=True, samesite="lax"
        )

    def clear(self, response: Response, plain: str = _SESSION) -> None:
        response.delete_cookie(self.name(plain), path="/", secure=self.secure, httponly=True, samesite="lax")
