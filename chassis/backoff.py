"""Back-off with jitter: what comes back together must not come back at once."""

import random


class Pauses:
    """Seconds to wait before each next try: doubling from `first` to `longest`, each drawn from its upper half."""

    def __init__(self, *, first: float, longest: float) -> None:
        self._next = first
        self._longest = longest

    def draw(self) -> float:
        pause = self._next * random.uniform(0.5, 1)  # noqa: S311 - spreads reconnections, protects nothing
        self._next = min(self._next * 2, self._longest)
        return pause
