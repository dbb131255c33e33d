"""Patterns of LIST: "*" is anything, "%" anything within a level (RFC 3501 §6.3.8)."""

import re

from services.mail.domain.names import INBOX, SEPARATOR

MOST_CHARACTERS = 512
_RUN = re.compile(r"[*%]+")


class Pattern:
    """Steps all possible places at once, bit by bit: time grows with the lengths, never with the stars."""

    __slots__ = ("_any", "_end", "_letters", "_level", "_start")

    def __init__(self, text: str) -> None:
        text = _RUN.sub(lambda run: "*" if "*" in run[0] else "%", text[:MOST_CHARACTERS])
        if text[: len(INBOX)].upper() == INBOX and text[len(INBOX) :][:1] in ("", SEPARATOR, "*", "%"):
            text = INBOX + text[len(INBOX) :]
        self._letters: dict[str, int] = {}
        self._any = self._level = 0
        for place, character in enumerate(text):
            if character == "*":
                self._any |= 1 << place
            elif character == "%":
                self._level |= 1 << place
            else:
                self._letters[character] = self._letters.get(character, 0) | 1 << place
        self._end = 1 << len(text)
        self._start = self._beyond(1)

    def _beyond(self, places: int) -> int:
        """A wildcard may stand for nothing."""
        return places | (places & (self._any | self._level)) << 1

    def matches(self, name: str) -> bool:
        places = self._start
        for character in name:
            stay = self._any if character == SEPARATOR else self._any | self._level
            places = self._beyond((places & self._letters.get(character, 0)) << 1 | (places & stay))
            if not places:
                return False
        return bool(places & self._end)
