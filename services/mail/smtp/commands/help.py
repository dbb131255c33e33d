"""HELP (RFC 5321 §4.1.1.8)."""

from services.mail.smtp.connection import Connection


async def help_(connection: Connection, _argument: str) -> None:
    connection.reply(214, "2.0.0", "See RFC 5321")
