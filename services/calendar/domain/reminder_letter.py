"""What a reminder says by mail: in French, and in English."""

from datetime import datetime
from zoneinfo import ZoneInfo

from services.calendar.domain.moments import span_english, span_french
from services.calendar.domain.reminders import Reminder

_UNTITLED = ("(sans titre)", "(untitled)")


def reminder_letter(reminder: Reminder, zone: ZoneInfo) -> tuple[str, list[str]]:
    """Its subject and its paragraphs."""
    start, end = datetime.fromtimestamp(reminder.start, zone), datetime.fromtimestamp(reminder.end, zone)
    title = one_line(reminder.summary)
    french = [title or _UNTITLED[0], f"Quand : {span_french(start, end, all_day=reminder.all_day)} ({zone.key})"]
    english = [title or _UNTITLED[1], f"When: {span_english(start, end, all_day=reminder.all_day)} ({zone.key})"]
    if place := one_line(reminder.location):
        french.append(f"Où : {place}")
        english.append(f"Where: {place}")
    subject = f"Rappel / Reminder : {title or _UNTITLED[0]}"
    return subject, ["Rappel de votre agenda.", *_joined(french), "Reminder from your calendar.", *_joined(english)]


def _joined(lines: list[str]) -> list[str]:
    return ["\r\n".join(lines)]


def one_line(text: str) -> str:
    """What others wrote makes no line of its own."""
    return " ".join(text.split())[:300]
