"""MAIL (RFC 5321 §4.1.1.2), with SIZE (RFC 1870), BODY (RFC 6152) and AUTH (RFC 4954 §5)."""

from services.mail.smtp.codec.path import path_and_parameters, reverse_path
from services.mail.smtp.codec.reply import Refused
from services.mail.smtp.connection import Connection


async def mail(connection: Connection, argument: str) -> None:
    connection.want_helo()
    connection.want_fresh()
    if connection.transaction.sender is not None:
        raise Refused(503, "5.5.1", "Sender already given")
    if connection.policy.authenticator is not None and connection.identity is None:
        raise Refused(530, "5.7.0", "Authentication required")
    path, parameters = path_and_parameters("FROM:", argument)
    sender = reverse_path(path)
    size = _size(connection, parameters)
    connection.policy.sender(sender, connection.identity)
    connection.transaction.sender = sender
    connection.transaction.size = size
    connection.reply(250, "2.1.0", "Sender ok")


def _size(connection: Connection, parameters: dict[str, str]) -> int:
    size = 0
    for name, value in parameters.items():
        if name == "SIZE" and value.isdigit() and len(value) <= 20:
            size = int(value)
        elif name == "BODY" and value.upper() in {"7BIT", "8BITMIME"}:
            continue
        elif name == "AUTH" and value and connection.policy.authenticator is not None:
            continue  # who is behind it is what we know ourselves
        elif name in {"SIZE", "BODY"}:
            raise Refused(501, "5.5.4", f"Bad {name}")
        elif name == "SMTPUTF8":
            raise Refused(555, "5.6.7", "SMTPUTF8 is not supported")
        else:
            raise Refused(555, "5.5.4", f"Parameter {name} is not supported")
    if size > connection.options.max_message:
        raise Refused(552, "5.3.4", f"At most {connection.options.max_message} octets")
    return size
