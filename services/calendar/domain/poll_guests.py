"""Who is asked by a meeting poll and has no account: each by a letter with a link of their own, French first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta

from services.calendar.domain.finding.poll import Option, Poll
from services.calendar.domain.reminder_letter import one_line

# What floods cost: letters of one poll, of all polls of somebody in a day, and to one address in a day.
MOST_GUESTS, MOST_OF_A_DAY, MOST_BY_ADDRESS = 30, 100, 3
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Guest:
    """Votes under its `id`, by the name that its letter went to; `digest` is that of the secret in the link."""

    id: str
    address: str
    digest: str


def asking_letter(poll: Poll, owner: str, link: str) -> tuple[str, str]:
    """Subject and text."""
    title, who = one_line(poll.title), one_line(owner)
    until = f"{poll.deadline.astimezone(UTC):%d/%m/%Y %H:%M} (UTC, Lomé)" if poll.deadline is not None else ""
    text = [
        f"{who} propose plusieurs dates pour « {title} » (heures UTC, celles de Lomé) :",
        *_listed(poll.options),
        f"Pour indiquer celles qui vous conviennent{f', au plus tard le {until}' if until else ''} :",
        link,
        "Ce lien est le vôtre : ne le transmettez pas. Si vous ne connaissez pas cette personne, ne faites rien.",
        "",
        f"{who} suggests several times for “{title}” (UTC, as in Lomé).",
        f"Please say by the link above which of them suit you{f', until {until}' if until else ''}."
        " The link is yours: do not pass it on. If you do not know this person, do nothing.",
    ]
    return f"Sondage de réunion / Meeting poll : {title}"[:200], "\r\n".join([*text, ""])


def result_letter(poll: Poll, owner: str) -> tuple[str, str]:
    """For those who are not invited to what was chosen."""
    title, who = one_line(poll.title), one_line(owner)
    if poll.chosen:
        (when,) = _listed([poll.option(poll.chosen)])
        french, english = f"La date retenue pour « {title} » :", f"The time that was chosen for “{title}” is above."
        more = [french, when, "Vous aviez indiqué qu'elle ne vous convient pas."]
    else:
        more = [f"Aucune date n'a été retenue pour « {title} »."]
        english = f"No time was chosen for “{title}”."
    text = [f"{who} a clos le sondage.", *more, "", f"{who} has closed the poll. {english}", ""]
    return f"Sondage clos / Poll closed : {title}"[:200], "\r\n".join(text)


def _listed(options: Sequence[Option]) -> list[str]:
    return [f"- {each.start.astimezone(UTC):%d/%m/%Y %H:%M}–{each.end.astimezone(UTC):%H:%M}" for each in options]
