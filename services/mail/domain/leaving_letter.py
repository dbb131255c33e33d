"""What an agent is told whose letter left though a rule is about it: in French and in English."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.mail.domain.own_letter import own_letter

_SUBJECT = "Votre message est parti ; à vérifier / Your message has left; please check"
_FRENCH = (
    "Votre message « {subject} » est parti. Une règle de votre administration le concerne ; vérifiez qu'il pouvait être"
    " envoyé à ces destinataires. Le journal d'audit en garde la trace."
)
_ENGLISH = (
    "Your message “{subject}” has left. A rule of your administration is about it; please check that it could be sent"
    " to these recipients. The audit log keeps a record of it."
)
# Of a subject, and of the rules.
_SHOWN, _MOST = 150, 20


@dataclass(frozen=True, slots=True)
class LeftAnyway:
    """What is told: `rules` are names and texts."""

    id: str
    at: datetime
    subject: str
    rules: Sequence[tuple[str, str]]


def leaving_letter(told: LeftAnyway, address: str, domain: str) -> bytes:
    """A whole message to the agent at `address`, from the postmaster of `domain`."""
    subject = told.subject[:_SHOWN]
    rules = "\r\n".join(f"  {name}: {text}" for name, text in told.rules[:_MOST])
    paragraphs = [_FRENCH.format(subject=subject), _ENGLISH.format(subject=subject), rules]
    return own_letter(_SUBJECT, address, f"leaving.{told.id.lower()}@{domain}", told.at, paragraphs)
