"""Redirect URIs: which may be registered, and which one of a request is one of them.

A request's URI is compared octet by octet (RFC 9700 §2.1), never parsed, resolved or unescaped: whatever a browser and
a parser would understand differently (a second `@`, `..;/`, a backslash) is simply another text. The one exception is
the port of a native application's loopback URI (RFC 8252 §7.3).
"""

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from chassis.errors import InvalidInput

LONGEST = 2000
MOST = 20
# What a URI is made of (RFC 3986 §2), without the fragment's sign and the quotes that some pages trip over.
_PLAIN = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&()*+,;=%]+")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\])(?::([0-9]{1,5}))?(/[A-Za-z0-9\-._~/%]*)?")
# A private-use scheme is a domain of the application's maker turned round (RFC 8252 §7.1): it has a dot.
_PRIVATE = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:/[A-Za-z0-9\-._~/%]*")
_CLIMBING = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:;|/|$)", re.IGNORECASE)


def registered_uris(uris: Iterable[str], field: str, *, native: bool, loopback: bool = False) -> tuple[str, ...]:
    """Redirect URIs as they may be registered. Raises `InvalidInput` naming the first that may not.

    `loopback` lets web applications have http on loopback addresses too: for development, never in production.
    """
    each = tuple(dict.fromkeys(uris))
    if len(each) > MOST:
        raise InvalidInput("Too many redirect URIs", fields={field: f"more than {MOST}"})
    for uri in each:
        wrong = _unfit(uri, native=native, loopback=loopback)
        if wrong:
            raise InvalidInput("Not a redirect URI that a client may have", fields={field: f"{uri[:100]!r}: {wrong}"})
    return each


def https_uri(uri: str, field: str, *, loopback: bool = False) -> str:
    """A URI that we call or show, empty when none was given. Raises `InvalidInput`."""
    wrong = _unfit(uri, native=False, loopback=loopback) if uri else ""
    if wrong:
        raise InvalidInput("Not a URI that a client may have", fields={field: f"{uri[:100]!r}: {wrong}"})
    return uri


def registered_origins(origins: Iterable[str], *, loopback: bool = False) -> tuple[str, ...]:
    """Origins (RFC 6454 §6.2) as browsers send them. Raises `InvalidInput`."""
    each = tuple(dict.fromkeys(origins))
    if len(each) > MOST:
        raise InvalidInput("Too many origins", fields={"origins": f"more than {MOST}"})
    for origin in each:
        wrong = _unfit(origin, native=False, loopback=loopback)
        if wrong or origin != origin_of(origin):
            told = wrong or "an origin is a scheme, a host and perhaps a port"
            raise InvalidInput("Not an origin", fields={"origins": f"{origin[:100]!r}: {told}"})
    return each


def origin_of(uri: str) -> str:
    """Scheme and authority of a URI, the scheme alone of a private one: for people, to see where they are sent."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"


def is_registered(given: str, registered: Iterable[str], *, native: bool) -> bool:
    """Whether the URI of a request is a registered one."""
    uris = tuple(registered)
    if given in uris:
        return True
    asked = _LOOPBACK.fullmatch(given) if native and len(given) <= LONGEST else None
    if asked is None or not _is_port(asked[2]):
        return False
    ports_aside = [_LOOPBACK.fullmatch(uri) for uri in uris]
    return any(known is not None and (known[1], known[3]) == (asked[1], asked[3]) for known in ports_aside)


def _unfit(uri: str, *, native: bool, loopback: bool) -> str:
    if not uri or len(uri) > LONGEST:
        return "empty, or longer than 2000 characters"
    if not _PLAIN.fullmatch(uri):
        return "has a fragment, or a character that no URI has"
    if native and _PRIVATE.fullmatch(uri) and not _CLIMBING.search(uri):
        return ""
    on_loopback = _LOOPBACK.fullmatch(uri)
    if on_loopback is not None and (native or loopback):
        climbing = _CLIMBING.search(on_loopback[3] or "")
        return "" if _is_port(on_loopback[2]) and not climbing else "its port or path"
    if not uri.startswith("https://"):
        return "must begin with https:// (native: also http://127.0.0.1, http://[::1] or a private scheme)"
    return _unfit_https(uri)


def _unfit_https(uri: str) -> str:
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return "its host or port"
    if "@" in parts.netloc:
        return "names a user"
    if not _is_host(parts.hostname or "") or parts.netloc != parts.netloc.lower():
        return "its host"
    if port is not None and not 0 < port < 65536:
        return "its port"
    return "climbs in its path" if _CLIMBING.search(parts.path) else ""


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # A last label of digits is an address to some parsers and a name to others.
        return bool(_HOST.fullmatch(host)) and not host.rpartition(".")[2].isdigit()
    return True


def _is_port(text: str | None) -> bool:
    return text is None or 0 < int(text) < 65536
