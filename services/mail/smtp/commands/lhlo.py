"""LHLO (RFC 2033 §4.1): EHLO of a server that answers for each recipient."""

from services.mail.smtp.commands.ehlo import ehlo
from services.mail.smtp.connection import Connection


async def lhlo(connection: Connection, argument: str) -> None:
    await ehlo(connection, argument)
