"""The certificate that a client has shown: in our own TLS handshake, or to the ingress that ends TLS before us."""

import base64
import binascii
import hashlib
import ipaddress
import ssl
from collections.abc import Sequence
from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.types import Scope

# Where the HTTP server leaves what it knows of a connection: the peer at its other end, before anybody says who
# stands behind it, and the peer's certificate (DER).
PEER, CERTIFICATE = "workspace.peer", "workspace.certificate"
_LONGEST = 16 * 1024


class ClientCertificates:
    """Reads them. A header field is believed from a trusted proxy only, and only the one that is configured."""

    def __init__(self, header: str, trusted: Sequence[str]) -> None:
        self._header = header.lower()
        self._anybody = "*" in trusted
        self._networks = [ipaddress.ip_network(each, strict=False) for each in trusted if each != "*"]

    def of(self, scope: Scope) -> bytes:
        """DER; empty without one."""
        shown: bytes = scope.get(CERTIFICATE, b"")
        if shown or not self._header or not self._trusts(str(scope.get(PEER, ""))):
            return shown
        return _der(Headers(scope=scope).get(self._header, ""))

    def _trusts(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return self._anybody or any(address in network for network in self._networks)


def _der(field: str) -> bytes:
    """Of a header field as RFC 9440 has it (`:<base64>:`), or as nginx does (PEM, percent-encoded)."""
    if not field or len(field) > _LONGEST:
        return b""
    try:
        if field.startswith(":"):
            return base64.b64decode(field.strip(":"), validate=True)
        return ssl.PEM_cert_to_DER_cert(unquote(field))
    except (binascii.Error, ValueError):
        return b""


def thumbprint(certificate: bytes) -> str:
    """`x5t#S256` (RFC 8705 §3.1) of a certificate; empty without one."""
    if not certificate:
        return ""
    return base64.urlsafe_b64encode(hashlib.sha256(certificate).digest()).rstrip(b"=").decode("ascii")
