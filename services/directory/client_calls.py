"""Calls to clients' servers, and to nothing else that their registered URIs might lead to.

An administrator of one ministry registers a URI, and we call it from within the platform's network: so no redirect is
followed, and loopback and link-local addresses (where clouds keep their secrets) are not called. The address that was
looked at is the one that is called, whatever a second look-up would say. A call ends when its time is over, however
slowly the other side goes on.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from urllib.parse import urlsplit

SECONDS = 5.0
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ClientCalls:
    """Over TLS with the system's authorities; `loopback` allows http on loopback addresses, for development.

    `public` keeps to addresses that the whole internet routes.
    """

    def __init__(self, *, loopback: bool = False, public: bool = False) -> None:
        self._loopback = loopback
        self._public = public

    @contextmanager
    def answered(
        self, method: str, uri: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        """The answer, to be read within. Blocks. Raises `OSError`, `HTTPException`, `ValueError`."""
        parts = urlsplit(uri)
        host, secure = parts.hostname or "", parts.scheme == "https"
        if not secure and not (self._loopback and parts.scheme == "http"):
            raise ValueError("neither https nor allowed")
        connection = self._connected(host, parts.port or (443 if secure else 80), secure=secure)
        # A time-out of sockets begins anew with every octet.
        cut = threading.Timer(SECONDS, _cut, (connection.sock,))
        cut.daemon = True
        cut.start()
        try:
            if isinstance(connection.sock, ssl.SSLSocket):
                connection.sock.do_handshake()
            path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
            connection.request(method, path, body, {**headers, "Host": parts.netloc, "Connection": "close"})
            yield connection.getresponse()
        finally:
            cut.cancel()
            connection.close()

    def _connected(self, host: str, port: int, *, secure: bool) -> http.client.HTTPConnection:
        address = self._looked_up(host, port)
        plain = socket.create_connection(address, timeout=SECONDS)
        connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
        try:
            connection.sock = plain
            if secure:
                # The handshake comes later, for it too has to end in time.
                connection.sock = _authorities().wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
        except BaseException:
            plain.close()
            raise
        return connection

    def _looked_up(self, host: str, port: int) -> tuple[str, int]:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        address = str(found[0][4][0])
        where = ipaddress.ip_address(address.partition("%")[0])
        self._refuse(getattr(where, "ipv4_mapped", None) or where)
        return address, port

    def _refuse(self, where: _Address) -> None:
        if where.is_multicast or where.is_unspecified or where.is_link_local:
            raise ValueError("an address that no client has")
        if where.is_loopback:
            if not self._loopback:
                raise ValueError("our own address")
        elif self._public and not where.is_global:
            raise ValueError("an address of a private network")


@cache
def _authorities() -> ssl.SSLContext:
    """The system's, read once and not before the first call: that takes as long as a hundred queries."""
    return ssl.create_default_context()


def _cut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        # It has ended meanwhile.
        return
