"""A CalDAV client that costs little itself: one connection, bodies made beforehand, answers counted and not parsed."""

import base64
import http.client
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from tests.load.calendar_objects import utc

_NAMESPACES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
_HEAD = '<?xml version="1.0" encoding="utf-8"?>'
SYNC_TOKEN = f"{_HEAD}<D:propfind {_NAMESPACES}><D:prop><D:sync-token/></D:prop></D:propfind>"
ETAGS = f"{_HEAD}<D:propfind {_NAMESPACES}><D:prop><D:getetag/></D:prop></D:propfind>"
MKCALENDAR = (
    f"{_HEAD}<C:mkcalendar {_NAMESPACES}><D:set><D:prop><D:displayname>Mesure</D:displayname></D:prop></D:set>"
    "</C:mkcalendar>"
)
_RESPONSE = re.compile(rb"<(?:\w+:)?response[ >]")
_TOKEN = re.compile(rb"<(?:\w+:)?sync-token[^>]*>([^<]+)<")
_INSTANCE = re.compile(rb"BEGIN:VEVENT")


class Refused(Exception):
    """A server answered otherwise than it must for the measure to mean something."""


class DavClient:
    """Talks to one server on loopback, as one account."""

    def __init__(self, port: int, address: str, password: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        login = base64.b64encode(f"{address}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}", "Content-Type": 'application/xml; charset="utf-8"'}

    def ask(self, method: str, path: str, body: str | bytes = b"", wanted: Sequence[int] = (207,), **own: str) -> bytes:
        """The body of the answer. `own`: header fields, with `_` for `-`. Raises `Refused`."""
        headers = {**self._headers, **{name.replace("_", "-").title(): value for name, value in own.items()}}
        octets = body.encode() if isinstance(body, str) else body
        try:
            self._connection.request(method, path, octets, headers)
            answer = self._connection.getresponse()
        except (ConnectionError, http.client.RemoteDisconnected):  # it had closed what it kept alive
            self._connection.close()
            self._connection.request(method, path, octets, headers)
            answer = self._connection.getresponse()
        content = answer.read()
        if answer.status not in wanted:
            raise Refused(f"{method} {path}: {answer.status} {content[:300]!r}")
        return content

    def put(self, path: str, octets: bytes) -> None:
        self.ask("PUT", path, octets, (200, 201, 204), content_type="text/calendar; charset=utf-8")

    def report(self, path: str, body: str) -> bytes:
        return self.ask("REPORT", path, body, depth="1")

    def propfind(self, path: str, body: str, depth: str) -> bytes:
        return self.ask("PROPFIND", path, body, depth=depth)

    def sync_token(self, path: str) -> str:
        found = _TOKEN.search(self.propfind(path, SYNC_TOKEN, "0"))
        if found is None:
            raise Refused(f"{path} has no sync-token")
        return found[1].decode()

    def close(self) -> None:
        self._connection.close()


def responses(body: bytes) -> int:
    """How many resources a multistatus tells of."""
    return len(_RESPONSE.findall(body))


def instances(body: bytes) -> int:
    """How many events are in it, each override and each expanded instance as one."""
    return len(_INSTANCE.findall(body))


def window(first: datetime, last: datetime, expand: bool = False) -> str:
    """calendar-query of what happens between two moments (RFC 4791 section 7.8)."""
    span = f'start="{utc(first)}" end="{utc(last)}"'
    data = f"<C:calendar-data><C:expand {span}/></C:calendar-data>" if expand else "<C:calendar-data/>"
    return (
        f"{_HEAD}<C:calendar-query {_NAMESPACES}><D:prop><D:getetag/>{data}</D:prop><C:filter>"
        f'<C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range {span}/></C:comp-filter>'
        "</C:comp-filter></C:filter></C:calendar-query>"
    )


def multiget(paths: Iterable[str]) -> str:
    """calendar-multiget of these (RFC 4791 section 7.9)."""
    hrefs = "".join(f"<D:href>{path}</D:href>" for path in paths)
    return (
        f"{_HEAD}<C:calendar-multiget {_NAMESPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop>{hrefs}"
        "</C:calendar-multiget>"
    )


def sync(token: str) -> str:
    """sync-collection of what changed since (RFC 6578 section 3.2)."""
    return (
        f"{_HEAD}<D:sync-collection {_NAMESPACES}><D:sync-token>{token}</D:sync-token><D:sync-level>1</D:sync-level>"
        "<D:prop><D:getetag/></D:prop></D:sync-collection>"
    )
