"""Codes that let a person in once: to activate an account, or to replace a lost password."""

from dataclasses import dataclass
from datetime import datetime, timedelta

ACTIVATION, RESET = "activation", "reset"
# By a letter to the recovery address: apart from the help desk's, which nobody who asks for letters is to make void.
MAILED_RESET = "mailed_reset"
# A printed letter goes by the ministry's post; the help desk's code is said on the telephone; a mail is read at once.
BY_LETTER, BY_HAND, BY_MAIL = timedelta(days=30), timedelta(hours=24), timedelta(minutes=30)
LASTS = {ACTIVATION: BY_LETTER, RESET: BY_HAND}


@dataclass(frozen=True)
class OneTimeCode:
    """A code's proof. An account has one of each purpose and number: a new one replaces the one before."""

    account_id: str
    purpose: str
    proof: str
    # The credential that it replaces: once that changed otherwise, the code is void.
    replaces: str
    expires_at: datetime
    # Which of a day's letters it is of, so that asking for another one leaves those on their way good.
    number: int = 0

    @property
    def id(self) -> str:
        numbered = f".{self.number}" if self.number else ""
        return f"{self.account_id}.{self.purpose}{numbered}"
