"""RCPT (RFC 5321 §4.1.1.3)."""

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
    address = forward_path(path)
    if parameters:
        raise Refused(555, "5.5.4", f"Parameter {next(iter(parameters))} is not supported")
    envelope.recipients.append(await connection.policy.recipient(address, connection.remote))
    connection.reply(250, "2.1.5", "Recipient ok")
