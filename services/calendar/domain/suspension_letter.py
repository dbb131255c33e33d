"""What administrators are told when somebody who organises meetings is suspended: in French, and in English."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from services.calendar.domain.elision import of_french
from services.calendar.domain.handover_letter import Agent
from services.calendar.domain.moments import day_english, day_french
from services.calendar.domain.reminder_letter import one_line

MOST = 20
_UNTITLED = ("(sans titre)", "(untitled)")


def suspension_letter(
    agent: Agent, account: str, meetings: Sequence[tuple[int, str]], zone: ZoneInfo
) -> tuple[str, list[str]]:
    """Subject and paragraphs; `meetings` are the next instance of each, in seconds since 1970, with its title."""
    shown = sorted(meetings)[:MOST]
    french = [f"{day_french(_at(moment, zone))} : {one_line(title) or _UNTITLED[0]}" for moment, title in shown]
    english = [f"{day_english(_at(moment, zone))}: {one_line(title) or _UNTITLED[1]}" for moment, title in shown]
    if more := len(meetings) - len(shown):
        french.append(f"… et {more} de plus")
        english.append(f"… and {more} more")
    name = one_line(agent.name)
    how = (
        f"workspace calendar hand-over {agent.address} <adresse>\r\n"
        f"POST /v1/calendar/accounts/{account}/meetings:handOver"
    )
    return f"Réunions sans organisateur / Meetings without an organiser : {name}", [
        f"Le compte {of_french(str(agent))} est suspendu, et organise des réunions à venir :",
        "\r\n".join(french),
        "Elles restent dans les agendas des personnes invitées. Si cette personne ne revient pas, remettez-les à qui"
        " les organisera désormais, ou nommez qui lui succède (départ du compte) : les personnes invitées en seront"
        f" informées.\r\n{how}",
        f"The account of {agent} is suspended, and organises meetings to come:",
        "\r\n".join(english),
        "They stay in the calendars of those who are invited. Should this person not come back, hand them to whoever"
        " organises them from now on, or name who succeeds (departure of the account): those who are invited are told."
        f"\r\n{how}",
    ]


def _at(moment: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(moment, zone)
