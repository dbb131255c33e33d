"""A calendar of 10,000 objects, a fifth of which recur, as clients use it: ours beside Radicale and Xandikos.

Each operation is measured on one server after the other before the next: a machine that others use does not stay as
fast as it was. Time is what a client waits, CPU that of all the server's processes, from /proc.
"""

import os
import random
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from tests.load.calendar_objects import event, objects, weeks
from tests.load.calendar_ours import ours
from tests.load.calendar_peers import CalendarServer, Filling, beside
from tests.load.dav_client import ETAGS, DavClient, instances, multiget, responses, sync, window
from tests.load.report import table

OBJECTS = int(os.environ.get("WORKSPACE_LOAD_CALENDAR", "10000"))
SMALL = OBJECTS // 10
CALENDARS, EACH = 20, 100
# Theirs are spread over the latest year: one of so many.
EVERY = 9
MANY = [f"agenda-{number}" for number in range(CALENDARS)]
# A slow server is asked no longer than this for one operation, in seconds, but twice.
PATIENCE = 30
# What a write has other processes do later is done by then.
SETTLING = 2.0


@dataclass
class Cost:
    """Seconds of one operation as the client waits, of the server's CPU, and what came back (the mean)."""

    wall: float
    cpu: float
    returned: float


@dataclass(frozen=True)
class Operation:
    """What is measured: `act` is timed, `before` is not; both are told which time it is, from 0."""

    title: str
    times: int
    act: Callable[["Subject", int], int]
    before: Callable[["Subject", int], None] | None = None
    # What comes after an answer counts as well.
    writes: bool = False
    # Ours must do so many times what Radicale does in the same time; 0: no goal.
    goal: float = 0


@dataclass
class Subject:
    """A server with a connection to it, and what an operation keeps from `before` to `act`."""

    server: CalendarServer
    client: DavClient
    token: str = ""
    costs: dict[str, Cost] = field(default_factory=dict)

    @property
    def large(self) -> str:
        return self.server.calendar("large")


def filling() -> Filling:
    """The calendars that every server has."""
    many = {name: objects(EACH, f"{name}-", EVERY) for name in MANY}
    return {"large": objects(OBJECTS), "small": objects(SMALL), **many}


WEEKS = weeks(20)
_chance = random.Random(5)
_GOT = [[f"event-{number}.ics" for number in _chance.sample(range(OBJECTS), 100)] for _ in range(10)]


def _put_new(subject: Subject, number: int) -> int:
    subject.client.put(f"{subject.large}new-{number}.ics", event(number, "new-"))
    return 1


def _put_again(subject: Subject, number: int) -> int:
    subject.client.put(f"{subject.large}new-{number}.ics", event(number, "new-", "Réunion avancée"))
    return 1


def _week(calendar: str, expand: bool = False) -> Callable[[Subject, int], int]:
    def act(subject: Subject, number: int) -> int:
        body = window(*WEEKS[number % len(WEEKS)], expand)
        answer = subject.client.report(subject.server.calendar(calendar), body)
        return instances(answer) if expand else responses(answer)

    return act


def _change_ten(subject: Subject, number: int) -> None:
    subject.token = subject.client.sync_token(subject.large)
    for each in range(10):
        name = (number * 10 + each) * 7 % OBJECTS
        subject.client.put(f"{subject.large}event-{name}.ics", event(name, summary=f"Changée {number}"))


def _sync(subject: Subject, number: int) -> int:
    return responses(subject.client.report(subject.large, sync(subject.token)))


def _multiget(subject: Subject, number: int) -> int:
    paths = (subject.large + name for name in _GOT[number % len(_GOT)])
    return responses(subject.client.report(subject.large, multiget(paths)))


def _listing(subject: Subject, number: int) -> int:
    return responses(subject.client.propfind(subject.large, ETAGS, "1")) - 1


def _many(subject: Subject, number: int) -> int:
    """By one call where there is one; as a client must elsewhere: a query a calendar."""
    first, last = WEEKS[number % len(WEEKS)]
    if subject.server.view is not None:
        return subject.server.view(first, last, MANY)
    body = window(first, last, expand=True)
    return sum(instances(subject.client.report(subject.server.calendar(name), body)) for name in MANY)


SMALL_WEEK = f"a week of {SMALL:,} (calendar-query)"
LARGE_WEEK = f"a week of {OBJECTS:,} (calendar-query)"
OPERATIONS = (
    Operation("PUT of a new object", 100, _put_new, writes=True, goal=1),
    Operation("PUT of a changed one", 100, _put_again, writes=True, goal=1),
    Operation(LARGE_WEEK, 20, _week("large"), goal=5),
    Operation(SMALL_WEEK, 20, _week("small")),
    Operation("the week, expanded", 20, _week("large", expand=True)),
    Operation("sync-collection of 10 changes", 10, _sync, before=_change_ten, goal=5),
    Operation("multiget of 100", 10, _multiget),
    Operation("PROPFIND of depth 1", 3, _listing),
    Operation(f"a week over {CALENDARS} calendars, expanded", 10, _many),
)


def _measure(subject: Subject, operation: Operation) -> Cost:
    wall = cpu = 0.0
    returned = done = 0
    idle = _idle(subject.server) if operation.writes else 0.0
    began = time.perf_counter()
    whole = subject.server.cpu()
    while done < operation.times and (done < 2 or wall < PATIENCE):
        if operation.before is not None:
            operation.before(subject, done)
        spent, started = subject.server.cpu() if not operation.writes else 0.0, time.perf_counter()
        returned += operation.act(subject, done)
        wall += time.perf_counter() - started
        cpu += subject.server.cpu() - spent if not operation.writes else 0.0
        done += 1
    if operation.writes:
        time.sleep(SETTLING)
        cpu = max(0.0, subject.server.cpu() - whole - idle * (time.perf_counter() - began))
    return Cost(wall / done, cpu / done, returned / done)


def _idle(server: CalendarServer) -> float:
    """CPU seconds a second that it spends when nobody asks: sweeps, heartbeats."""
    began, spent = time.perf_counter(), server.cpu()
    time.sleep(SETTLING)
    return (server.cpu() - spent) / (time.perf_counter() - began)


def _warm(subject: Subject) -> None:
    """What it reads once and keeps, it has read."""
    for operation in OPERATIONS:
        if not operation.writes and operation.before is None:
            operation.act(subject, 0)


def _costs(subjects: Sequence[Subject]) -> None:
    """A table an operation, as it is measured: all of them take long."""
    for operation in OPERATIONS:
        rows: list[tuple[str, ...]] = [("server", "waits", "a second", "CPU", "returned")]
        for subject in subjects:
            cost = subject.costs[operation.title] = _measure(subject, operation)
            waits, cpu = f"{cost.wall * 1000:.1f} ms", f"{cost.cpu * 1000:.1f} ms"
            rows.append((subject.server.name, waits, f"{1 / cost.wall:.1f}", cpu, f"{cost.returned:.0f}"))
        table(f"Calendar of {OBJECTS:,} objects, a fifth recurring: {operation.title}", rows)


def _flatness(subjects: Sequence[Subject]) -> None:
    rows: list[tuple[str, ...]] = [("server", "waits", "CPU", "returned")]
    for subject in subjects:
        small, large = subject.costs[SMALL_WEEK], subject.costs[LARGE_WEEK]
        rows.append(
            (
                subject.server.name,
                f"{large.wall / small.wall:.2f}",
                f"{large.cpu / small.cpu:.2f}" if small.cpu else "",
                f"{large.returned / small.returned:.2f}",
            )
        )
    table(f"A week of {OBJECTS:,} objects against one of {SMALL:,} (goal: as what is returned)", rows)


def _ratios(ours: Subject, others: Sequence[Subject]) -> None:
    head = [f"{what} of {other.server.name}'s" for other in others for what in ("throughput", "CPU")]
    rows: list[tuple[str, ...]] = [("operation", *head, "goal")]
    for operation in OPERATIONS:
        own = ours.costs[operation.title]
        cells: list[str] = []
        for other in others:
            cost = other.costs[operation.title]
            cells += [f"{cost.wall / own.wall:.1f}x", f"{own.cpu / cost.cpu:.3f}" if cost.cpu else ""]
        rows.append((operation.title, *cells, f"{operation.goal:g}x Radicale's throughput" if operation.goal else ""))
    table("Ours as a ratio", rows)


def run() -> None:
    """Print the tables."""
    with ExitStack() as held:
        servers = [held.enter_context(ours(filling())), *held.enter_context(beside(filling))]
        subjects = [Subject(server, server.client()) for server in servers]
        for subject in subjects:
            _warm(subject)
        _costs(subjects)
        _flatness(subjects)
        if len(subjects) > 1:
            _ratios(subjects[0], subjects[1:])
