"""ManageSieve (RFC 5804) as octets and types; nothing here does I/O."""

from services.mail.managesieve.codec.errors import BadSyntax
from services.mail.managesieve.codec.parse import parse, response

__all__ = ["BadSyntax", "parse", "response"]
