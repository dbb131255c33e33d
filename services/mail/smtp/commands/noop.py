"""NOOP (RFC 5321 §4.1.1.9)."""

from services.mail.smtp.connection import Connection


async def noop(connection: Connection, _argument: str) -> None:
    connection.reply(250, "2.0.0", "Ok")
