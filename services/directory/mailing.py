"""What the platform writes to people itself, as the context of the use cases has it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from chassis.documents import Database
from services.directory.letter_posting import LetterPosting, Posted, Written
from services.directory.settings import Settings
from services.directory.store import AskedStore, LetterStore


@dataclass(frozen=True)
class Mailing:
    """`sender` is the address that letters come from, `name` what it is called, `public_url` where links lead."""

    letters: LetterStore
    asked: AskedStore
    sender: str
    name: str
    public_url: str
    # Hands letters to mail, in the name of a token: what became of each.
    post: Callable[[Sequence[Written], str], Awaitable[list[Posted]]]


def mailing_of(settings: Settings, database: Database) -> Mailing:
    """The letters on a database, handed over where the settings say."""
    return Mailing(
        letters=LetterStore(database),
        asked=AskedStore(database),
        sender=settings.letters_sender,
        name=settings.letters_name,
        public_url=settings.public_url,
        post=LetterPosting(settings.letters_submission, settings.tls_ca).post,
    )
