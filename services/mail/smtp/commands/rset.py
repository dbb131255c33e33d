"""RSET (RFC 5321 §4.1.1.5)."""

from services.mail.smtp.connection import Connection


async def rset(connection: Connection, _argument: str) -> None:
    await connection.reset()
    connection.reply(250, "2.0.0", "Reset")
