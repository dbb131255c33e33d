"""Prometheus metrics that every process shares: rate, errors and duration of what it does, and how far events lag."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import Counter, Gauge, Histogram

from chassis.errors import WorkspaceError

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


@dataclass(frozen=True)
class Red:
    """Rate, errors, duration of one kind of work, by name; `outcome` is "ok" or the error's reason."""

    done: Counter
    seconds: Histogram


def _red(what: str, described: str) -> Red:
    return Red(
        Counter(f"workspace_{what}_total", f"{described}, by outcome", ["name", "outcome"]),
        Histogram(f"workspace_{what}_seconds", f"Duration of {described.lower()}", ["name"], buckets=_BUCKETS),
    )


RPC = _red("rpc", "Calls of this process' rpcs")
HANDLER = _red("handler", "Events handled")
HTTP = _red("http", "HTTP requests answered")
COMMAND = _red("command", "Protocol commands (SMTP, IMAP) answered")

OUTBOX_LAG = Gauge("workspace_outbox_lag_seconds", "Age of the oldest fact not yet published", ["collection"])
QUEUE_AGE = Gauge("workspace_queue_age_seconds", "Age of the oldest entry of a queue that is not done with", ["queue"])
DEAD_LETTERS = Gauge("workspace_dead_letters", "Events that were given up and wait for an operator", ["service"])


@contextmanager
def measured(red: Red, name: str) -> Iterator[None]:
    """Count and time what runs inside."""
    began = time.perf_counter()
    outcome = "ok"
    try:
        yield
    except WorkspaceError as error:
        outcome = error.reason
        raise
    except Exception:
        outcome = "internal"
        raise
    finally:
        red.done.labels(name, outcome).inc()
        red.seconds.labels(name).observe(time.perf_counter() - began)
