"""What somebody asks of the database, counted."""

from collections import Counter
from dataclasses import dataclass, field

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent


@dataclass
class Asked(CommandListener):
    """What a client of the database asked, by what and of what."""

    commands: Counter[str] = field(default_factory=Counter)

    def started(self, event: CommandStartedEvent) -> None:
        name = event.command_name
        if name not in ("find", "aggregate", "getMore"):
            return
        self.commands[f"{name} {event.command['collection' if name == 'getMore' else name]}"] += 1

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Only what was asked matters."""

    def failed(self, event: CommandFailedEvent) -> None:
        """As above."""
