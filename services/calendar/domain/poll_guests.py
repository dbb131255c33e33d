"""Who is asked by a meeting poll and has no account: each by a letter with a link of their own, French first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta

from services.calendar.domain.finding.poll import Option, Poll
from services.calendar.domain.moments import moment_english, moment_french, span_english, span_french
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
    due = poll.deadline.astimezone(UTC) if poll.deadline is not None else None
    text = [
        f"{who} propose plusieurs dates pour « {title} » (heures UTC, celles de Lomé) :",
        *_listed(poll.options, span_french),
        f"Pour indiquer celles qui vous conviennent{f', au plus tard le {moment_french(due)}' if due else ''} :",
        link,
        "Ce lien est le vôtre : ne le transmettez pas. Si vous ne connaissez pas cette personne, ne faites rien.",
        "",
        f"{who} suggests several times for “{title}” (UTC, as in Lomé):",
        *_listed(poll.options, span_english),
        f"Please say by the link above which of them suit you{f', until {moment_english(due)}' if due else ''}."
        " The link is yours: do not pass it on. If you do not know this person, do nothing.",
    ]
    return f"Sondage de réunion / Meeting poll : {title}"[:200], "\r\n".join([*text, ""])


def result_letter(poll: Poll, owner: str) -> tuple[str, str]:
    """For those who are not invited to what was chosen."""
    title, who = one_line(poll.title), one_line(owner)
    if poll.chosen:
        option = [poll.option(poll.chosen)]
        more = [
            f"La date retenue pour « {title} » (heures UTC, celles de Lomé) :",
            *_listed(option, span_french),
            "Vous aviez indiqué qu'elle ne vous convient pas.",
        ]
        english = "\r\n".join(
            [f"The time that was chosen for “{title}” (UTC, as in Lomé):", *_listed(option, span_english)]
        )
    else:
        more = [f"Aucune date n'a été retenue pour « {title} »."]
        english = f"No time was chosen for “{title}”."
    text = [f"{who} a clos le sondage.", *more, "", f"{who} has closed the poll. {english}", ""]
    return f"Sondage clos / Poll closed : {title}"[:200], "\r\n".join(text)


def _listed(options: Sequence[Option], span: Callable[..., str]) -> list[str]:
    return [f"- {span(each.start.astimezone(UTC), each.end.astimezone(UTC), all_day=False)}" for each in options]
