"""Stands between litmus and a calendar home: what litmus would keep in files goes into calendar objects.

litmus writes plain text into a collection that it makes by MKCOL; a calendar home has calendars alone, and these hold
calendar objects alone (RFC 4791 section 4.2). Everything else goes through as it is: preconditions, locks, properties,
copies, moves, statuses.
"""

import base64
import http.client
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from chassis.ids import new_id
from tests.interop.agendas import calendar, event, unfolded

_KEPT = re.compile(r"^DESCRIPTION:(.*)$", re.MULTILINE)
_METHODS = (
    "OPTIONS", "GET", "HEAD", "PUT", "DELETE", "MKCOL", "COPY", "MOVE", "PROPFIND", "PROPPATCH", "LOCK", "UNLOCK",
)  # fmt: skip
# Of the connection, not of the message.
_HOPS = {"connection", "transfer-encoding", "content-length", "keep-alive", "expect", "date", "server"}


class Front(ThreadingHTTPServer):
    """Listens on a free port of the loopback."""

    daemon_threads = True

    def __init__(self, server: str, home: str) -> None:
        """`server` is `host:port` of the gateway, `home` the path of the calendar home, with the last slash."""
        self.server_behind, self.home = server, home
        # A resource keeps its UID when it is written again (RFC 4791 section 5.3.2.1).
        self.uids: dict[str, str] = {}
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server_port}{self.home}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Front

    def log_message(self, *args: object) -> None:
        """Nothing: what litmus says is enough."""

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOPS}
        method, segments = self.command, self.path.removeprefix(self.server.home).strip("/").split("/")
        if method == "MKCOL" and len(segments) == 1:
            method = "MKCALENDAR"
        if method == "PUT":
            body = self._as_event(body)
            headers["Content-Type"] = "text/calendar; charset=utf-8"
        connection = http.client.HTTPConnection(self.server.server_behind, timeout=60)
        try:
            connection.request(method, self.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status < 300:
            self._remember()
        self.send_response(answer.status, answer.reason)
        if "text/calendar" in (answer.headers["Content-Type"] or ""):
            content = self._from_event(content)
        for name, value in answer.headers.items():
            if name.lower() not in _HOPS:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            with suppress(BrokenPipeError):  # litmus reads no further than it needs
                self.wfile.write(content)

    def _as_event(self, body: bytes) -> bytes:
        uid = self.server.uids.setdefault(self.path, new_id())
        kept = base64.b64encode(body).decode()
        return calendar(event(uid, "litmus", "20261201T100000Z", f"DESCRIPTION:{kept}"))

    @staticmethod
    def _from_event(content: bytes) -> bytes:
        found = _KEPT.search(unfolded(content.decode()))
        return base64.b64decode(found[1]) if found else content

    def _remember(self) -> None:
        """Whose UID is where, after a success."""
        target = urlsplit(self.headers.get("Destination", "")).path
        if self.command == "MOVE" and self.path in self.server.uids:
            self.server.uids[target] = self.server.uids.pop(self.path)
        elif self.command == "DELETE":
            gone = [path for path in self.server.uids if path == self.path or path.startswith(self.path)]
            for path in gone:
                del self.server.uids[path]


for _method in _METHODS:
    setattr(_Handler, f"do_{_method}", _Handler._pass_on)


@contextmanager
def front(server: str, home: str) -> Iterator[Front]:
    """One that answers, until the end."""
    listening = Front(server, home)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    try:
        yield listening
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join(10)
