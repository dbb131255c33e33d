"""STARTTLS (RFC 3207)."""

from services.mail.smtp.codec.reply import Refused
from services.mail.smtp.connection import Connection


async def starttls(connection: Connection, argument: str) -> None:
    if argument:
        raise Refused(501, "5.5.4", "STARTTLS has no argument")
    if not connection.starttls_offered:
        raise Refused(503, "5.5.1", "TLS is not available, or is there already")
    await connection.start_tls()
