"""What is wrong with what a client sent."""


class BadSyntax(Exception):
    """The octets are no command of IMAP4rev1: answered with BAD. `tag` is `*` when none could be read."""

    def __init__(self, detail: str, tag: str = "*") -> None:
        super().__init__(detail)
        self.detail = detail
        self.tag = tag


class BadCharset(BadSyntax):
    """SEARCH in a charset that is not offered: NO [BADCHARSET] (RFC 3501 §6.4.4)."""
