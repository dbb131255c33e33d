"""Page tokens of a mailbox: the UID below which the next page begins."""

from services.mail.api.positions import not_a_page, position_of, position_token


def page_token(mailbox_id: str, below: int | None) -> str:
    """Empty after the last page."""
    return position_token(mailbox_id, None if below is None else (below,))


def below_of(token: str, mailbox_id: str) -> int | None:
    """The UID that a token points below. Raises `InvalidInput` for one of another list, or of nobody's making."""
    position = position_of(token, mailbox_id, 1)
    if position is None:
        return None
    if not 0 < position[0] <= 2**32:
        raise not_a_page()
    return position[0]
