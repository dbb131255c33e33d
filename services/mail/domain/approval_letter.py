"""What is written of a letter that waits for approval: to its approvers, and to its sender, in French and in English.

Nothing of what the letter says stands in what approvers get, not even its subject: that is read where it waits, and
does not go on with whatever forwards an approver's mail.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.mail.domain.approval import Ground, Outcome
from services.mail.domain.own_letter import own_letter, stamp

# Of a subject, of rules and recipients.
_SHOWN, _MOST = 150, 20


@dataclass(frozen=True, slots=True)
class Waits:
    """A letter that waits: `id` is its submission's."""

    id: str
    at: datetime
    until: datetime
    sender: str
    subject: str
    recipients: Sequence[str]
    grounds: Sequence[Ground]

    @property
    def paragraphs(self) -> list[str]:
        """The rules, and the recipients."""
        rules = [f"  {each.name}: {each.text}" for each in self.grounds[:_MOST]]
        recipients = [f"  <{each}>" for each in self.recipients[:_MOST]]
        more = len(self.recipients) - len(recipients)
        return ["\r\n".join(rules), "\r\n".join([*recipients, *([f"  + {more}"] if more else [])])]


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of it. `by` and `reason` are empty of what expired; `id` tells one decision from another."""

    id: str
    at: datetime
    subject: str
    outcome: Outcome
    by: str
    reason: str


def waiting_letter(told: Waits, address: str, domain: str) -> bytes:
    """To its sender."""
    subject, until = told.subject[:_SHOWN], stamp(told.until)
    paragraphs = [
        f"Votre message « {subject} » attend une approbation : une règle de votre administration le retient. Personne"
        f" ne l'a encore reçu. Sans décision avant le {until}, il ne partira pas et redeviendra un brouillon. Vous"
        " pouvez le reprendre parmi les envois programmés.",
        f"Your message “{subject}” waits for approval: a rule of your administration holds it. Nobody has received it"
        f" yet. If nobody has decided by {until}, it will not leave and will be a draft again. You can take it back"
        " among the scheduled messages.",
    ]
    title = "Votre message attend une approbation / Your message waits for approval"
    paragraphs += told.paragraphs
    return own_letter(title, address, f"waits.{told.id.lower()}@{domain}", told.at, paragraphs)


def asking_letter(told: Waits, address: str, domain: str) -> bytes:
    """To one of its approvers."""
    until, count = stamp(told.until), len(told.recipients)
    paragraphs = [
        f"Un message de <{told.sender}> à {count} destinataire(s) attend votre approbation ; il ne partira pas sans"
        f" elle. Décidez avant le {until}, après quoi il sera rendu à son auteur. Référence : {told.id}",
        f"A message from <{told.sender}> to {count} recipient(s) waits for your approval, without which it does not"
        f" leave. Please decide by {until}; after that it is given back to its author. Reference: {told.id}",
        f"  workspace mail approval show {told.id}\r\n"
        f"  workspace mail approval approve {told.id}\r\n"
        f"  workspace mail approval refuse {told.id} --reason …",
        *told.paragraphs,
    ]
    title = "Un message attend votre approbation / A message waits for your approval"
    return own_letter(title, address, f"approval.{told.id.lower()}@{domain}", told.at, paragraphs)


_DECIDED = {
    Outcome.APPROVED: (
        "Votre message est approuvé / Your message is approved",
        "Votre message « {subject} » est approuvé. Il part, à l'heure que vous aviez demandée s'il est programmé.",
        "Your message “{subject}” is approved. It leaves, at the time that you asked for if it is scheduled.",
    ),
    Outcome.REFUSED: (
        "Votre message est refusé / Your message is refused",
        "Votre message « {subject} » est refusé : personne ne l'a reçu. Il est de nouveau dans vos brouillons.",
        "Your message “{subject}” is refused: nobody has received it. It is among your drafts again.",
    ),
    Outcome.EXPIRED: (
        "Votre message n'est pas parti / Your message has not left",
        "Personne n'a décidé à temps de votre message « {subject} » : personne ne l'a reçu. Il est de nouveau dans vos"
        " brouillons.",
        "Nobody has decided on your message “{subject}” in time: nobody has received it. It is among your drafts"
        " again.",
    ),
}


def decision_letter(told: Decided, address: str, domain: str) -> bytes:
    """To its sender."""
    title, *both = _DECIDED[told.outcome]
    paragraphs = [text.format(subject=told.subject[:_SHOWN]) for text in both]
    if told.by:
        paragraphs.append(f"  <{told.by}>{' : ' if told.reason else ''}{told.reason}")
    return own_letter(title, address, f"decided.{told.id.lower()}@{domain}", told.at, paragraphs)
