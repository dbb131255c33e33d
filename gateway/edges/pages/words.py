"""The words of the pages, French first: `words.toml` holds each in both languages, side by side."""

import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FRENCH, ENGLISH = "fr", "en"
LANGUAGES = {FRENCH: "Français", ENGLISH: "English"}
_FILE = Path(__file__).with_name("words.toml")


def catalogue() -> dict[str, dict[str, str]]:
    """Each word by its dotted name: `{"login.title": {"fr": …, "en": …}}`."""
    sections = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {f"{section}.{name}": word for section, words in sections.items() for name, word in words.items()}


class Words:
    """What the pages say in one language."""

    def __init__(self, language: str, words: dict[str, dict[str, str]]) -> None:
        self.language = language
        self._words = {name: word[language] for name, word in words.items()}

    def __call__(self, name: str, /, **values: Any) -> str:
        """A word, its places filled. Raises KeyError for one that nobody wrote."""
        word = self._words[name]
        return word.format(**values) if values else word

    def knows(self, name: str) -> bool:
        return name in self._words

    def count(self, name: str, number: int) -> str:
        """`name_one` or `name_many` with the number in its place. In French, nought is one of the singular."""
        singular = number <= 1 if self.language == FRENCH else number == 1
        return self(f"{name}_one" if singular else f"{name}_many", number=number)

    def duration(self, seconds: float) -> str:
        """How long to wait, in the unit that people think in; never less than it is."""
        whole = max(1, int(-(-seconds // 1)))
        if whole < 60:
            return self.count("time.second", whole)
        if whole < 5400:
            return self.count("time.minute", -(-whole // 60))
        return self.count("time.hour", -(-whole // 3600))

    def day(self, when: datetime) -> str:
        """A day with its weekday, in Lomé."""
        weekday = self("time.weekdays").split()[when.astimezone(UTC).weekday()]
        return self("time.day", weekday=weekday, date=self._date(when))

    def moment(self, when: datetime) -> str:
        """A day and a time, in Lomé's, which is UTC."""
        return self("time.moment", date=self._date(when), time=f"{when.astimezone(UTC):%H:%M}")

    def _date(self, when: datetime) -> str:
        there = when.astimezone(UTC)
        month = self("time.months").split()[there.month - 1]
        # In French the first day of a month alone is an ordinal.
        first = there.day == 1 and self.language == FRENCH
        return f"{there.day}{'er' if first else ''} {month} {there.year}"


def preferred(accepted: str) -> str:
    """The language of an Accept-Language header field (RFC 9110 §12.5.4) that we speak; French when it names none."""
    best, quality = FRENCH, 0.0
    for choice in accepted.split(",")[:20]:
        tag, _, weight = choice.partition(";")
        language = tag.strip().lower().partition("-")[0]
        given = _weight(weight.strip())
        if language in LANGUAGES and given > quality:
            best, quality = language, given
    return best


def _weight(parameter: str) -> float:
    if not parameter:
        return 1.0
    try:
        weight = float(parameter.removeprefix("q="))
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


def spoken(languages: Sequence[str]) -> str:
    """The first of these that we speak; empty when there is none."""
    return next((language for language in languages if language in LANGUAGES), "")
