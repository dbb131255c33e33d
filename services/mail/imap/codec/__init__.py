"""IMAP4rev1 (RFC 3501) and its extensions as octets and types; nothing here does I/O."""

from services.mail.imap.codec.appending import before_message, between_messages
from services.mail.imap.codec.errors import BadCharset, BadSyntax
from services.mail.imap.codec.parse import parse
from services.mail.imap.codec.reader import AFTER_LOGIN, BEFORE_LOGIN, CommandReader, Line, Literal, TooLong

__all__ = [
    "AFTER_LOGIN",
    "BEFORE_LOGIN",
    "BadCharset",
    "BadSyntax",
    "CommandReader",
    "Line",
    "Literal",
    "TooLong",
    "before_message",
    "between_messages",
    "parse",
]
