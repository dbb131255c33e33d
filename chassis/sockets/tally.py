"""How many there are of each."""

from collections import Counter


class Tally:
    """A count for each key; a key of which there is none takes no room."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def __getitem__(self, key: str) -> int:
        return self._counts[key]

    def add(self, key: str) -> int:
        """One more; how many there are then."""
        self._counts[key] += 1
        return self._counts[key]

    def remove(self, key: str) -> None:
        self._counts[key] -= 1
        if self._counts[key] <= 0:
            del self._counts[key]
