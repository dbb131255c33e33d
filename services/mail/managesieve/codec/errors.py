"""What is wrong with what a client sent."""


class BadSyntax(Exception):
    """The octets are no command of RFC 5804: answered with NO, which counts as bad."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail
