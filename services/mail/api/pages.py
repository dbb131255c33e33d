"""Which page of a list a request asks for."""

from chassis.errors import InvalidInput
from services.mail.api.positions import not_a_page


def page_size(given: int, absent: int, most: int) -> int:
    """How many are asked for; `absent` where a request does not say. Raises `InvalidInput`."""
    if not 0 <= given <= most:
        raise InvalidInput("Not a page size", fields={"page_size": f"must be 1 to {most}"})
    return given or absent


def page_after(token: str) -> str:
    """The id that a page follows. Raises `InvalidInput` for what is none."""
    if token and not token.isalnum():
        raise not_a_page()
    return token
