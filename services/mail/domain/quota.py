"""How much an account may keep, and how much it does: octets, and how many messages (RFC 9208 §5)."""

from dataclasses import dataclass

# With less left than this no usual letter has room: the mailbox is full.
SMALL = 64 * 1024
# What a letter grows by on its way in, at most: its trace header.
TRACE = 8 * 1024


@dataclass(frozen=True, slots=True)
class Usage:
    """What an account keeps in all its mailboxes together."""

    octets: int = 0
    messages: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.octets + other.octets, self.messages + other.messages)

    def within(self, most: "Usage") -> bool:
        return self.octets <= most.octets and self.messages <= most.messages


@dataclass(frozen=True, slots=True)
class Quota:
    """What an account may keep; near it, at so many hundredths, its owner is warned."""

    octets: int = 10 * 1024**3
    messages: int = 1_000_000
    warned_at: int = 90

    @property
    def most(self) -> Usage:
        return Usage(self.octets, self.messages)

    @property
    def near(self) -> Usage:
        """Beyond this its owner is warned."""
        return self._share(self.warned_at)

    @property
    def relieved(self) -> Usage:
        """Down to this, and the next time that it is near is news again."""
        return self._share(max(0, self.warned_at - 5))

    @property
    def roomy(self) -> Usage:
        """Down to this there is room for a usual letter."""
        return Usage(self.octets - SMALL, self.messages - 1)

    def _share(self, hundredths: int) -> Usage:
        return Usage(self.octets * hundredths // 100, self.messages * hundredths // 100)

    def refuses(self, after: Usage, growth: Usage) -> bool:
        """Whether it would come to too much of what grows: who keeps too much already may still do with less."""
        return (growth.octets > 0 and after.octets > self.octets) or (
            growth.messages > 0 and after.messages > self.messages
        )

    def fullest(self, usage: Usage) -> tuple[str, int, int]:
        """Of what most is used: its name, how much is, and how much may be."""
        by_octets = usage.octets * self.messages >= usage.messages * self.octets
        return ("octets", usage.octets, self.octets) if by_octets else ("messages", usage.messages, self.messages)
