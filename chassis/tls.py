"""TLS contexts: mutual between services, one-sided for the protocol servers that clients connect to."""

import ssl
from pathlib import Path

import grpc

from chassis.errors import WorkspaceError
from chassis.settings import ServiceSettings


class TlsMissing(WorkspaceError):
    """Services speak to each other over mutual TLS only."""

    reason = "tls_missing"
    title = "WORKSPACE_TLS_CA, WORKSPACE_TLS_CERTIFICATE and WORKSPACE_TLS_KEY are needed"


def _files(settings: ServiceSettings) -> tuple[bytes, bytes, bytes]:
    if settings.tls_ca is None or settings.tls_certificate is None or settings.tls_key is None:
        raise TlsMissing
    return settings.tls_ca.read_bytes(), settings.tls_key.read_bytes(), settings.tls_certificate.read_bytes()


def server_credentials(settings: ServiceSettings) -> grpc.ServerCredentials:
    """A gRPC server that only answers holders of the platform's certificates."""
    authority, key, certificate = _files(settings)
    return grpc.ssl_server_credentials([(key, certificate)], root_certificates=authority, require_client_auth=True)


def channel_credentials(settings: ServiceSettings) -> grpc.ChannelCredentials:
    authority, key, certificate = _files(settings)
    return grpc.ssl_channel_credentials(authority, key, certificate)


def public_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 and above for IMAP, SMTP and submission (RFC 8314, RFC 8996)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    return context
