"""VRFY (RFC 5321 §3.5.3): who is here is nobody's business before mail is sent to them."""

from services.mail.smtp.connection import Connection


async def vrfy(connection: Connection, _argument: str) -> None:
    connection.reply(252, "2.1.5", "Send mail to find out")
