"""RCPT (RFC 5321 §4.1.1.3), with NOTIFY and ORCPT (RFC 3461 §4)."""

from services.mail.domain.dsn import NO_WISH, Wish
from services.mail.smtp.codec import dsn
from services.mail.smtp.codec.path import forward_path, path_and_parameters
from services.mail.smtp.codec.reply import Refused
from services.mail.smtp.connection import Connection


async def rcpt(connection: Connection, argument: str) -> None:
    connection.want_sender()
    envelope, options = connection.transaction, connection.options
    if len(envelope.recipients) >= options.max_recipients:
        # RFC 5321 §4.5.3.1.10: a normal client sends what was taken and comes back with the rest.
        connection.overshoot += 1
        refused = Refused(452, "4.5.3", f"At most {options.max_recipients} recipients at once")
        if connection.overshoot <= options.recipients_overshoot:
            connection.write(refused.line)
            return
        raise refused
    path, parameters = path_and_parameters("TO:", argument)
    envelope.want_known(path)
    address = forward_path(path)
    if options.lmtp and parameters:
        raise Refused(555, "5.5.4", f"Parameter {next(iter(parameters))} is not supported")
    wish = _wish(parameters)
    recipient = await connection.policy.recipient(address, connection.remote, envelope.size)
    envelope.recipients.append(recipient)
    if wish != NO_WISH:
        envelope.wishes[recipient.address] = wish
    connection.reply(250, "2.1.5", "Recipient ok")


def _wish(parameters: dict[str, str]) -> Wish:
    notify: tuple[str, ...] = ()
    orcpt = ""
    for name, value in parameters.items():
        if name == "NOTIFY":
            notify = dsn.notify(value)
        elif name == "ORCPT":
            orcpt = dsn.orcpt(value)
        else:
            raise Refused(555, "5.5.4", f"Parameter {name} is not supported")
    return Wish(notify, orcpt)
