"""What who sent a scheduling message reads when mail could not send it, and wrote no report of it: French first."""

from collections.abc import Sequence

from services.calendar.domain.reminder_letter import one_line

# Names that one letter has; the meeting says all of them.
MOST_NAMED = 50
_UNTITLED = ("(sans titre)", "(untitled)")
# By the SCHEDULE-STATUS of those whom it did not reach.
_FRENCH = {
    "3.7": "personne n'a cette adresse, ou elle ne reçoit pas vos lettres",
    "3.8": "l'envoi n'est pas permis",
    "5.2": "le message est trop grand",
}
_ENGLISH = {
    "3.7": "nobody has this address, or it takes no letters of yours",
    "3.8": "it may not be sent",
    "5.2": "the message is too large",
}


def undelivered_letter(summary: str, addresses: Sequence[str], code: str) -> tuple[str, list[str]]:
    """Its subject and its paragraphs."""
    title = one_line(summary)
    named = [f"- {one_line(each)}" for each in addresses[:MOST_NAMED]]
    rest = len(addresses) - len(named)
    return (
        f"Non remis / Not delivered : {title or _UNTITLED[0]}",
        [
            f"Votre message au sujet de « {title or _UNTITLED[0]} » n'a pas pu être envoyé :"
            f" {_FRENCH.get(code, 'le service de messagerie ne peut pas le remettre')}.",
            "\r\n".join([*named, *([f"… et {rest} / and {rest} more"] if rest else [])]),
            "L'événement de votre agenda l'indique à côté de chaque personne.",
            f"Your message about “{title or _UNTITLED[1]}” could not be sent:"
            f" {_ENGLISH.get(code, 'the mail service cannot deliver it')}."
            " The event in your calendar says so beside each of them.",
        ],
    )
