"""Tell somebody outside, who is known to have written to a list, what became of that."""

from typing import Any

from services.mail.store.errors import Repeated
from services.mail.store.repeats import mark
from services.mail.usecases.context import Mail
from services.mail.usecases.scripted_posts import accept_post, from_nobody


async def tell_outside(mail: Mail, letter_id: str, address: str, source: bytes) -> None:
    """A letter from nobody, so that it causes no other, about one to a list. The same octets are sent once in a day.

    Raises `Unavailable` and its like, to be tried again.
    """
    post = await from_nobody(mail, letter_id, address, source)
    if post is None:
        return
    repeat = mark(letter_id, "told", address, post.content.blob)

    async def act(session: Any) -> None:
        await mail.store.repeats.note(repeat, mail.now(), session=session)
        await accept_post(mail, post, session=session)

    try:
        await mail.store.transaction(act)
    except Repeated:
        return
