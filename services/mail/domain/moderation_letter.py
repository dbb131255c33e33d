"""What is written of a letter to a list that waits for a moderator, to them and its sender, in French and English.

As with approvals, nothing of what the letter says stands in what moderators get: that is read where it waits.
"""

from dataclasses import dataclass
from datetime import datetime

from services.mail.domain.moderation import Outcome, Why
from services.mail.domain.own_letter import own_letter, stamp

# Of a subject.
_SHOWN = 150


@dataclass(frozen=True, slots=True)
class WaitsForModerator:
    """`address` is the list's, `sender` whoever wrote to it."""

    id: str
    at: datetime
    until: datetime
    address: str
    sender: str
    subject: str
    why: Why = Why.SENDER
    from_outside: bool = False


@dataclass(frozen=True, slots=True)
class Moderated:
    """What became of it. `by` and `reason` are empty of what expired; `id` tells one decision from another."""

    id: str
    at: datetime
    address: str
    subject: str
    outcome: Outcome
    by: str
    reason: str


def moderated_letter(told: WaitsForModerator, address: str, domain: str) -> bytes:
    """To its sender."""
    subject, until = told.subject[:_SHOWN], stamp(told.until)
    paragraphs = [
        f"Votre message « {subject} » à la liste <{told.address}> attend un modérateur. Les membres ne l'ont pas encore"
        f" reçu. Sans décision avant le {until}, ils ne le recevront pas.",
        f"Your message “{subject}” to the list <{told.address}> waits for a moderator. The members have not received"
        f" it yet. If nobody has decided by {until}, they will not.",
    ]
    title = "Votre message attend un modérateur / Your message waits for a moderator"
    return own_letter(title, address, f"moderated.{told.id.lower()}@{domain}", told.at, paragraphs)


def moderating_letter(told: WaitsForModerator, address: str, domain: str) -> bytes:
    """To one of the moderators."""
    until = stamp(told.until)
    paragraphs = [
        f"Un message de <{told.sender}> à la liste <{told.address}> attend votre décision ; les membres ne le recevront"
        f" pas sans elle. Décidez avant le {until}. Référence : {told.id}",
        f"A message from <{told.sender}> to the list <{told.address}> waits for your decision, without which the"
        f" members do not receive it. Please decide by {until}. Reference: {told.id}",
        *_circumstances(told),
        *(_OTHERS if told.from_outside else ()),
        f"  workspace mail moderation show {told.id}\r\n"
        f"  workspace mail moderation accept {told.id}\r\n"
        f"  workspace mail moderation reject {told.id} --reason …\r\n"
        f"  workspace mail moderation discard {told.id}",
    ]
    title = "Un message à une liste attend votre décision / A message to a list waits for your decision"
    return own_letter(title, address, f"moderation.{told.id.lower()}@{domain}", told.at, paragraphs)


_OUTSIDE = (
    "Il vient de l'extérieur de l'administration.",
    "It comes from outside the administration.",
)
_OTHERS = (
    "D'autres messages de l'extérieur peuvent attendre aussi : vous n'en recevez l'avis qu'une fois par heure au plus.",
    "Other messages from outside may wait too: you are told of them once an hour at the most.",
    "  workspace mail moderation list",
)
_REASONS = {
    Why.SENDER: ("", ""),
    Why.JUNK: ("Il est jugé indésirable.", "It is judged junk."),
    Why.UNPROVEN: (
        "Rien ne prouve qu'il soit de qui il dit être (DMARC).",
        "Nothing proves that it is from whom it says (DMARC).",
    ),
    Why.OURS: (
        "Il porte un nom de l'administration, mais personne ne s'est connecté pour l'envoyer.",
        "It bears a name of the administration, but nobody logged in to send it.",
    ),
    Why.BULK: ("C'est un envoi en nombre.", "It was sent to many."),
    Why.AUTOMATIC: ("Une machine l'a écrit.", "A machine wrote it."),
}


def _circumstances(told: WaitsForModerator) -> list[str]:
    """Where it comes from and why it waits, where there is something to say of that."""
    outside = _OUTSIDE if told.from_outside else ("", "")
    both = [" ".join(filter(None, said)) for said in zip(outside, _REASONS[told.why], strict=True)]
    return [each for each in both if each]


_DECIDED = {
    Outcome.ACCEPTED: (
        "Votre message à la liste est accepté / Your message to the list is accepted",
        "Votre message « {subject} » à la liste <{address}> est accepté : les membres le reçoivent.",
        "Your message “{subject}” to the list <{address}> is accepted: the members receive it.",
    ),
    Outcome.REJECTED: (
        "Votre message à la liste est refusé / Your message to the list is rejected",
        "Votre message « {subject} » à la liste <{address}> est refusé : les membres ne le reçoivent pas.",
        "Your message “{subject}” to the list <{address}> is rejected: the members do not receive it.",
    ),
    Outcome.EXPIRED: (
        "Votre message à la liste n'est pas parti / Your message to the list has not left",
        "Personne n'a décidé à temps de votre message « {subject} » à la liste <{address}> : les membres ne le"
        " reçoivent pas.",
        "Nobody has decided on your message “{subject}” to the list <{address}> in time: the members do not"
        " receive it.",
    ),
}


def outcome_letter(told: Moderated, address: str, domain: str) -> bytes:
    """To its sender."""
    title, *both = _DECIDED[told.outcome]
    paragraphs = [text.format(subject=told.subject[:_SHOWN], address=told.address) for text in both]
    if told.by:
        paragraphs.append(f"  <{told.by}>{' : ' if told.reason else ''}{told.reason}")
    return own_letter(title, address, f"outcome.{told.id.lower()}@{domain}", told.at, paragraphs)
