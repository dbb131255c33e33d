"""What who wrote to a list is told of the members who did not get it, in French and in English."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.mail.domain.own_letter import own_letter

# Of a subject, and of addresses.
_SHOWN, MOST_NAMED = 150, 20


@dataclass(frozen=True, slots=True)
class Missed:
    """So many members of the list at `address`, or `more` than that; `named` are some of them, for who may know who is
    in it. `id` is the letter's."""

    id: str
    at: datetime
    address: str
    subject: str
    count: int
    more: bool
    named: Sequence[str]


def missed_letter(told: Missed, address: str, domain: str) -> bytes:
    """To whom it may be told."""
    subject, french, english = told.subject[:_SHOWN], "plus de " * told.more, "more than " * told.more
    paragraphs = [
        f"Votre message « {subject} » à la liste <{told.address}> n'a pas pu être remis à tous : des membres n'ont pas"
        " eu de place dans leur boîte pendant trop longtemps. Les autres l'ont reçu ; aucune autre tentative ne sera"
        f" faite. Membres qui ne l'ont pas : {french}{told.count}.",
        f"Your message “{subject}” to the list <{told.address}> could not be delivered to everybody: members had no"
        " room in their mailboxes for too long. The others have received it; no further attempt will be made."
        f" Members without it: {english}{told.count}.",
    ]
    if told.named:
        listed = [f"  <{each}>" for each in told.named[:MOST_NAMED]]
        paragraphs.append("\r\n".join([*listed, *["  …"] * (told.count > len(listed))]))
    title = "Des membres de la liste n'ont pas votre message / Members of the list miss your message"
    return own_letter(title, address, f"missed.{told.id.lower()}@{domain}", told.at, paragraphs)
