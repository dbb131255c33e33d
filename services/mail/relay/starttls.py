"""STARTTLS with a server, as far as it has to prove itself (RFC 3207, RFC 7672, RFC 8461 §4)."""

import ssl
from datetime import UTC, datetime

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from services.mail.domain.dane import proven
from services.mail.domain.tls_results import EXPIRED, HOST_MISMATCH, INVALID, NO_STARTTLS, NOT_TRUSTED, Session
from services.mail.relay.route import Server, Tls
from services.mail.relay.secured import Results

# What a letter goes by when it does not go by this.
SOFTER = {Tls.OPPORTUNISTIC: Tls.NONE, Tls.TESTED: Tls.OPPORTUNISTIC}
# `_ssl.ENCODING_DER`.
_DER = 2
# X509_V_ERR_* of OpenSSL.
_RESULTS = {10: EXPIRED, 62: HOST_MISMATCH, 18: NOT_TRUSTED, 19: NOT_TRUSTED, 20: NOT_TRUSTED, 21: NOT_TRUSTED}


class NotReached(Exception):
    """The server did not come as far as taking a sender: another one may."""


class TlsFailed(NotReached):
    """TLS is not there as it has to be. `result` says why, as RFC 8460 §4.3 does."""

    def __init__(self, said: str, result: str) -> None:
        super().__init__(said)
        self.result = result


def context(proven: bool) -> ssl.SSLContext:
    made = ssl.create_default_context()
    if not proven:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


class Security:
    """Begins TLS, and tells `results` what came of it where a policy asks for it."""

    def __init__(self, results: Results) -> None:
        self._results = results
        self.proven, self._unproven = context(True), context(False)

    async def begin(self, client: SMTP, server: Server, tls: Tls, seconds: float) -> None:
        """Raises `TlsFailed`; where the server need not offer it, that it does not is no failure."""
        result = ""
        try:
            result = await self._begin(client, server, tls, seconds)
        except TlsFailed as failed:
            result = failed.result
            raise
        finally:
            # What is tried after that is no other policy's.
            if server.applied is not None and tls is server.tls:
                await self._results.note(Session(server.applied, result, server.name, server.address))

    async def _begin(self, client: SMTP, server: Server, tls: Tls, seconds: float) -> str:
        if not client.supports_extension("starttls"):
            if tls is Tls.OPPORTUNISTIC:
                return NO_STARTTLS
            raise TlsFailed("TLS is required and not offered", NO_STARTTLS)
        try:
            chosen = self.proven if tls in {Tls.REQUIRED, Tls.TESTED} else self._unproven
            await client.starttls(server_hostname=server.name, tls_context=chosen, timeout=seconds)
            if tls is Tls.DANE and not proven(server.tlsa, _chain(client), _names(server), datetime.now(UTC)):
                raise TlsFailed("Its certificate is not one that its TLSA records name", INVALID)
            await client.ehlo()
        except (SMTPException, OSError) as error:
            raise TlsFailed(said(error), _result(error)) from error
        return ""


def _names(server: Server) -> tuple[str, ...]:
    """Those that a certificate may have (RFC 7672 §3.2.2)."""
    return (server.name, server.applied.domain) if server.applied is not None else (server.name,)


def _chain(client: SMTP) -> list[bytes]:
    """What the server showed, DER, its own certificate first; until Python 3.13 `ssl` keeps that to itself."""
    ssl_object = client.get_transport_info("ssl_object")
    if hasattr(ssl_object, "get_unverified_chain"):
        return list(ssl_object.get_unverified_chain())
    return [each.public_bytes(_DER) for each in ssl_object._sslobj.get_unverified_chain() or ()]


def said(error: Exception) -> str:
    if isinstance(error, SMTPResponseException):
        return f"{error.code} {error.message}"
    return f"{type(error).__name__}: {error}"


def _result(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _RESULTS.get(cause.verify_code, INVALID)
        cause = cause.__cause__ or cause.__context__
    return INVALID
