"""What an agent is told whose mailbox is nearly full, or full: in French and in English.

The same fact gives the same octets, so that telling it again makes no second copy.
"""

from dataclasses import dataclass
from datetime import datetime

from services.mail.domain.own_letter import own_letter


@dataclass(frozen=True, slots=True)
class Told:
    """What is told: 100 hundredths are a full mailbox. `resource` is "octets" or "messages"."""

    id: str
    at: datetime
    resource: str
    used: int
    allowed: int
    percent: int


_NEAR = (
    "Votre boîte est presque pleine / Your mailbox is nearly full",
    "Votre messagerie contient {used} sur {allowed}, soit plus de {percent} % de ce qu'elle peut contenir. Une fois"
    " pleine, elle ne recevra plus de messages et vous ne pourrez plus en envoyer.",
    "Your mailboxes hold {used} of {allowed}, more than {percent} % of what they may hold. Once they are full, no"
    " letters can be received or sent.",
)
_FULL = (
    "Votre boîte est pleine / Your mailbox is full",
    "Votre messagerie contient {used} sur {allowed}. Les messages qui vous sont adressés sont retenus par leurs"
    " expéditeurs, puis leur seront retournés ; vous ne pouvez plus en envoyer.",
    "Your mailboxes hold {used} of {allowed}. Letters to you are held back by those who send them, and will go back to"
    " them later; you cannot send any.",
)
_ADVICE = (
    "Supprimez les messages dont vous n'avez plus besoin, surtout ceux qui ont de grandes pièces jointes, puis videz"
    " la corbeille. Votre administrateur peut aussi vous accorder plus d'espace.",
    "Delete the messages that you no longer need, above all those with large attachments, then empty the trash. Your"
    " administrator may also give you more room.",
)


def quota_letter(told: Told, address: str, domain: str) -> bytes:
    """A whole message to the agent at `address`, from the postmaster of `domain`."""
    subject, french, english = _FULL if told.percent >= 100 else _NEAR
    paragraphs = [
        filled(french, told, french=True),
        _ADVICE[0],
        filled(english, told, french=False),
        _ADVICE[1],
    ]
    return own_letter(subject, address, f"quota.{told.id.lower()}@{domain}", told.at, paragraphs)


def filled(words: str, told: Told, *, french: bool, **others: str) -> str:
    """With what is told in place of {used}, {allowed} and {percent}, and `others` in theirs."""
    amount = _french if french else _english
    used, allowed = amount(told.resource, told.used), amount(told.resource, told.allowed)
    return words.format(used=used, allowed=allowed, percent=told.percent, **others)


def _french(resource: str, count: int) -> str:
    if resource == "messages":
        return f"{count} messages"
    number, unit = (count / 1024**2, "Mio") if count < 1024**3 else (count / 1024**3, "Gio")
    return f"{number:.1f} {unit}".replace(".", ",")


def _english(resource: str, count: int) -> str:
    return _french(resource, count).replace(",", ".").replace("io", "iB")
