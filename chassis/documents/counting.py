"""How many operations a process asks of its database: what a benchmark prints and an alert watches."""

from prometheus_client import Counter
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

OPERATIONS = Counter("workspace_database_operations_total", "Commands sent to the database", ["command"])
FAILURES = Counter(
    "workspace_database_failures_total", "Commands that the database or the way to it failed", ["command"]
)


class OperationsCounter(CommandListener):
    """Counts each command by its name."""

    def __init__(self) -> None:
        self._counters = {name: OPERATIONS.labels(name) for name in ("find", "insert", "update", "delete")}

    def started(self, event: CommandStartedEvent) -> None:
        counter = self._counters.get(event.command_name) or OPERATIONS.labels(event.command_name)
        counter.inc()

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Counted when it started."""

    def failed(self, event: CommandFailedEvent) -> None:
        FAILURES.labels(event.command_name).inc()
