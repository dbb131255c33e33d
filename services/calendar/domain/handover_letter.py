"""What is written when meetings are handed over, and to whom somebody who is suspended let them answer: in French, and
in English."""

from dataclasses import dataclass

from services.calendar.domain.elision import of_french
from services.calendar.domain.reminder_letter import one_line


@dataclass(frozen=True)
class Agent:
    """Who is spoken of."""

    name: str
    address: str

    def __str__(self) -> str:
        return f"{one_line(self.name)} <{self.address}>"


def successors_letter(owner: Agent, *, refused: int) -> tuple[str, list[str]]:
    """Subject and paragraphs. `refused` meetings found no room, and stayed with their organiser."""
    french = [
        f"Des réunions {of_french(str(owner))} vous ont été remises par l'administration de l'unité : elles sont dans"
        " votre agenda, et vous les organisez désormais. Les personnes invitées reçoivent votre invitation ; l'ancienne"
        " est annulée."
    ]
    english = [
        f"Meetings of {owner} were handed to you by an administrator of the unit: they are in your calendar, and you"
        " organise them from now on. Those who are invited have your invitation; the former one is called off."
    ]
    if refused:
        french.append(f"{refused} n'ont pas pu entrer dans votre agenda et restent où elles étaient.")
        english.append(f"{refused} could not enter your calendar and stay where they were.")
    return f"Réunions remises / Meetings handed over : {one_line(owner.name)}", [*french, *english]


def delegates_letter(owner: Agent, heir: Agent) -> tuple[str, list[str]]:
    """To who answers for the former organiser."""
    subject = f"Réunions remises / Meetings handed over : {one_line(owner.name)}"
    return subject, [
        f"Des réunions {of_french(str(owner))} ont été remises à {heir}, qui les organise désormais. Vous pouvez"
        " toujours répondre aux invitations reçues dans l'agenda dont vous avez la charge.",
        f"Meetings of {owner} were handed to {heir}, who organises them from now on. You can still"
        " answer invitations that come to the calendar that you look after.",
    ]


def suspended_letter(owner: Agent) -> tuple[str, list[str]]:
    """To who answers for somebody whose account is suspended."""
    return f"Compte suspendu / Suspended account : {one_line(owner.name)}", [
        f"Le compte {of_french(str(owner))} est suspendu. Les délégations que cette personne vous a données restent"
        " valables : vous pouvez continuer de répondre aux invitations qui arrivent dans son agenda.",
        f"The account of {owner} is suspended. What they let you do in their calendars holds: you can go on"
        " answering invitations that come there.",
    ]
