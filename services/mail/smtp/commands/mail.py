"""MAIL (RFC 5321 §4.1.1.2), with SIZE (RFC 1870), BODY (RFC 6152, RFC 3030 §3), AUTH (RFC 4954 §5), RET and ENVID
(RFC 3461 §4), HOLDFOR and HOLDUNTIL (RFC 4865), SMTPUTF8 (RFC 6531)."""

from collections.abc import Callable
from datetime import UTC, datetime

from chassis.errors import InvalidInput
from services.mail.domain.holding import held_for, held_until
from services.mail.smtp.codec import dsn
from services.mail.smtp.codec.path import path_and_parameters, reverse_path
from services.mail.smtp.codec.reply import Refused
from services.mail.smtp.connection import Connection
from services.mail.smtp.policy import Envelope


async def mail(connection: Connection, argument: str) -> None:
    connection.want_helo()
    connection.want_fresh()
    if connection.transaction.sender is not None:
        raise Refused(503, "5.5.1", "Sender already given")
    if connection.policy.authenticator is not None and connection.identity is None:
        raise Refused(530, "5.7.0", "Authentication required")
    path, parameters = path_and_parameters("FROM:", argument)
    envelope = Envelope(reverse_path(path))
    for name, value in parameters.items():
        if name not in _PARAMETERS or (connection.options.lmtp and name in {"RET", "ENVID"}):
            raise Refused(555, "5.5.4", f"Parameter {name} is not supported")
        _PARAMETERS[name](connection, envelope, value)
    envelope.want_known(path)
    await connection.policy.sender(envelope.sender or "", connection.identity, connection.remote)
    connection.transaction = envelope
    connection.reply(250, "2.1.0", "Sender ok")


def _size(connection: Connection, envelope: Envelope, value: str) -> None:
    if not value.isdigit() or len(value) > 20:
        raise Refused(501, "5.5.4", "Bad SIZE")
    envelope.size = int(value)
    if envelope.size > connection.options.max_message:
        raise Refused(552, "5.3.4", f"At most {connection.options.max_message} octets")


def _body(_connection: Connection, envelope: Envelope, value: str) -> None:
    if value.upper() not in {"7BIT", "8BITMIME", "BINARYMIME"}:
        raise Refused(501, "5.5.4", "Bad BODY")
    envelope.binary = value.upper() == "BINARYMIME"


def _auth(connection: Connection, _envelope: Envelope, value: str) -> None:
    """Who is behind it is what we know ourselves."""
    if not value or connection.policy.authenticator is None:
        raise Refused(555, "5.5.4", "Parameter AUTH is not supported")


def _ret(_connection: Connection, envelope: Envelope, value: str) -> None:
    envelope.ret = dsn.ret(value)


def _envid(_connection: Connection, envelope: Envelope, value: str) -> None:
    envelope.envid = dsn.envid(value)


def _hold(of: Callable[[str, datetime], datetime]) -> Callable[[Connection, Envelope, str], None]:
    def hold(connection: Connection, envelope: Envelope, value: str) -> None:
        if not connection.options.holds:
            raise Refused(555, "5.5.4", "Messages are not held here")
        if envelope.release_at is not None:
            raise Refused(501, "5.5.4", "Either HOLDFOR or HOLDUNTIL")
        try:
            envelope.release_at = of(value, datetime.now(UTC))
        except InvalidInput as error:
            raise Refused(501, "5.5.4", error.detail) from error

    return hold


def _utf8(_connection: Connection, envelope: Envelope, value: str) -> None:
    if value:
        raise Refused(501, "5.5.4", "SMTPUTF8 has no value")
    envelope.utf8 = True


_PARAMETERS: dict[str, Callable[[Connection, Envelope, str], None]] = {
    "SIZE": _size,
    "BODY": _body,
    "AUTH": _auth,
    "RET": _ret,
    "ENVID": _envid,
    "HOLDFOR": _hold(held_for),
    "HOLDUNTIL": _hold(held_until),
    "SMTPUTF8": _utf8,
}
