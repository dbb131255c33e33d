"""Moments in words, as letters and lists say them: French and English."""

from datetime import datetime

FRENCH_DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
FRENCH_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
    "décembre",
)  # fmt: skip
ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ENGLISH_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def day_french(at: datetime) -> str:
    """ "lundi 30 novembre 2026"; the first of a month is "1er"."""
    number = "1er" if at.day == 1 else str(at.day)
    return f"{FRENCH_DAYS[at.weekday()]} {number} {FRENCH_MONTHS[at.month - 1]} {at.year}"


def day_english(at: datetime) -> str:
    """ "Monday 30 November 2026"."""
    return f"{ENGLISH_DAYS[at.weekday()]} {at.day} {ENGLISH_MONTHS[at.month - 1]} {at.year}"


def span_french(start: datetime, end: datetime, *, all_day: bool) -> str:
    """ "lundi 30 novembre 2026, de 9 h 00 à 10 h 00"."""
    if all_day:
        return f"{day_french(start)}, toute la journée"
    if start.date() == end.date():
        return f"{day_french(start)}, de {_clock_french(start)} à {_clock_french(end)}"
    return f"du {moment_french(start)}, au {moment_french(end)}"


def span_english(start: datetime, end: datetime, *, all_day: bool) -> str:
    """ "Monday 30 November 2026, 09:00 to 10:00"."""
    if all_day:
        return f"{day_english(start)}, all day"
    if start.date() == end.date():
        return f"{day_english(start)}, {start:%H:%M} to {end:%H:%M}"
    return f"{moment_english(start)}, to {moment_english(end)}"


def moment_french(at: datetime) -> str:
    """ "lundi 30 novembre 2026, 9 h 00"."""
    return f"{day_french(at)}, {_clock_french(at)}"


def moment_english(at: datetime) -> str:
    """ "Monday 30 November 2026, 09:00"."""
    return f"{day_english(at)}, {at:%H:%M}"


def _clock_french(at: datetime) -> str:
    return f"{at.hour} h {at:%M}"
