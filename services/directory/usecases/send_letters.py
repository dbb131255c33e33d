"""Letters to people: sealed when there is something to say, handed over to mail until it has taken them."""

import json
from collections.abc import Mapping
from datetime import timedelta

import structlog

from chassis.identity import PLATFORM_CLIENT
from chassis.ids import new_id
from services.directory.domain.accounts import Account
from services.directory.domain.letters import Letter, Waiting
from services.directory.domain.sessions import ACCESS_LIFETIME, Session
from services.directory.letter_posting import Posted, Written
from services.directory.letter_writing import written
from services.directory.usecases.context import Directory

log = structlog.get_logger(__name__)
_PURPOSE = "letter"
_DAY = timedelta(days=1)
_CLIENT = f"{PLATFORM_CLIENT}letters"


def sealed_letter(directory: Directory, letter: Letter) -> Waiting:
    """A letter as it is kept: nobody who reads the database reads it, nor learns to whom it goes."""
    own = new_id()
    text = json.dumps({"kind": letter.kind, "to": letter.to, "said": dict(letter.said)})
    sealed = directory.sealer.seal(text, _PURPOSE, own)
    return Waiting(own, letter.account_id, sealed, directory.clock(), letter.until)


def letter_to(
    directory: Directory, account: Account, to: str, kind: str, lasts: timedelta, said: Mapping[str, str]
) -> Waiting:
    """A letter about an account, which is named in it."""
    whole = {"name": account.display_name, "account": account.address, **said}
    return sealed_letter(directory, Letter(account.id, kind, to, whole, directory.clock() + lasts))


async def letter_of_today(directory: Directory, what: str, most: int) -> int | None:
    """Which of the `most` a day this one is, from 1; None when they are used up."""
    now = directory.clock()
    for number in range(1, most + 1):
        if await directory.spent.spend(f"letter.{what}.{now:%Y-%m-%d}.{number}", now + _DAY):
            return number
    return None


async def send_letters(directory: Directory) -> None:
    """One try of each that is due."""
    now, mailing = directory.clock(), directory.mailing
    due = [letter for letter in await mailing.letters.due(now) if await mailing.letters.claim(letter, now)]
    living = [letter for letter in due if letter.expires_at > now]
    for late in due:
        if late not in living:
            await _dropped(directory, late)
    if not living:
        return
    outcomes = await mailing.post([_open(directory, letter) for letter in living], await _token(directory))
    for letter, outcome in zip(living, outcomes, strict=True):
        again = letter.next_due(directory.clock())
        if outcome is Posted.TAKEN:
            await mailing.letters.done(letter)
        elif outcome is Posted.LATER and again is not None:
            await mailing.letters.failed(letter, again)
        else:
            await _dropped(directory, letter)


async def _dropped(directory: Directory, letter: Waiting) -> None:
    log.warning("letter_dropped", letter=letter.id, account=letter.account_id, tries=letter.tries + 1)
    await directory.mailing.letters.done(letter)


def _open(directory: Directory, letter: Waiting) -> Written:
    said = json.loads(directory.sealer.open(letter.sealed, _PURPOSE, letter.id))
    sender = (directory.mailing.name, directory.mailing.sender)
    return Written(said["to"], written(letter.id, said["kind"], said["to"], said["said"], sender, directory.clock()))


async def _token(directory: Directory) -> str:
    """The platform's own, for its own address: of no account, without a role or a scope."""
    now = directory.clock()
    author = Account(_CLIENT, directory.mailing.sender, directory.mailing.name, now)
    session = Session(_CLIENT, _CLIENT, "", now, now + ACCESS_LIFETIME, amr=(), client_id=_CLIENT)
    return await directory.keys.sign(author, session, now)
