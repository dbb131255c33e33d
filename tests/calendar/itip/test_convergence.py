"""Whatever the order in which messages arrive, and however often: copies become what the organiser's object says."""

from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services.calendar.domain.itip.changes import organised, request_to
from services.calendar.domain.itip.messages import Message
from services.calendar.domain.itip.outcomes import Cancelled, Created, Foretold, NeedsRefresh, Updated
from services.calendar.domain.itip.series import Series, cancelled, exdates, occurs, series_of, timing
from services.calendar.domain.itip.telling import invited, news, projection, same_as_series
from services.calendar.domain.objects import CalendarObject
from tests.calendar.itip.scheduling import ONE, OWNER, THREE, TWO, at, component, override, take, thing

EVERYBODY = (ONE, TWO, THREE)
DAYS = ("20261208", "20261209", "20261210")
people = st.sets(st.sampled_from(EVERYBODY)).map(lambda chosen: tuple(sorted(chosen)))
hours = st.sampled_from(["09", "09", "14"])
summaries = st.sampled_from(["Budget", "Suite"])


@dataclass(frozen=True)
class Plan:
    """What an organiser's client writes."""

    people: tuple[str, ...]
    hour: str = "09"
    summary: str = "Budget"
    location: str = ""
    count: int = 5
    out: frozenset[str] = frozenset()
    instances: dict[str, tuple[str, str, tuple[str, ...]]] = field(default_factory=dict)

    def written(self) -> CalendarObject:
        rid = f"T{self.hour}0000"
        lines = [f"RRULE:FREQ=DAILY;COUNT={self.count}"]
        lines += [f"EXDATE;TZID=Africa/Lome:{day}{rid}" for day in sorted(self.out)]
        master = component(
            *lines, people=self.people, start=f"20261207{rid}", summary=self.summary, location=self.location
        )
        own = [
            override(day, people=who, start=f"{day}T{hour}0000", summary=summary).replace(
                f"{day}T090000", f"{day}{rid}", 1
            )
            for day, (hour, summary, who) in self.instances.items()
            if day not in self.out
        ]
        return thing(master, *own)


plans = st.builds(
    Plan,
    people=people,
    hour=st.sampled_from(["09", "09", "09", "10"]),
    summary=summaries,
    location=st.sampled_from(["", "", "Salle 1"]),
    count=st.sampled_from([5, 5, 3]),
    out=st.frozensets(st.sampled_from(DAYS), max_size=1),
    instances=st.dictionaries(st.sampled_from(DAYS), st.tuples(hours, summaries, people), max_size=2),
)


def said(series: Series | None) -> dict[object, object]:
    """What a copy says, apart from what is nobody's news: a series, what is out of it, its own instances."""
    if series is None:
        return {}
    alive = {key: node for key, node in series.overrides.items() if not cancelled(node)}
    master = series.master if series.master is not None and not cancelled(series.master) else None
    found: dict[object, object] = {}
    if master is not None:
        out = exdates(master) | {key for key, node in series.overrides.items() if cancelled(node)}
        found["series"] = timing(master), news(master), sorted(key for key in out if occurs(master, key))
        alive = {key: node for key, node in alive.items() if not same_as_series(node, master)}
    return found | {key: (timing(node), news(node)) for key, node in alive.items()}


def wanted(stored: CalendarObject | None, address: str) -> dict[object, object]:
    if stored is None:
        return {}
    series = series_of(stored)
    places = [(None, series.master), *series.overrides.items()]
    keys = frozenset(key for key, node in places if node is not None and address in invited(node, OWNER))
    return said(projection(series, keys))


def edited(versions: list[Plan], *, deleted: bool) -> tuple[CalendarObject | None, list[Message]]:
    """Edits of one minute, so that nothing but versions tells which is the later."""
    stored, sent = None, []
    for plan in versions:
        done = organised(stored, plan.written(), OWNER, at(0))
        stored = done.stored
        sent += done.messages
    if deleted:
        sent += organised(stored, None, OWNER, at(0)).messages
        stored = None
    return stored, sent


def deliver(copy: CalendarObject | None, message: Message, to: str) -> tuple[CalendarObject | None, bool]:
    """The copy then, and whether the organiser has to be asked for the whole."""
    outcome = take(copy, message, to)
    if isinstance(outcome, NeedsRefresh):
        return copy, True
    return (outcome.object if isinstance(outcome, Created | Updated | Cancelled | Foretold) else copy), False


# Whoever hunts a failure takes the phase `shrink` in: it takes minutes.
LOOK = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow], "phases": [Phase.explicit, Phase.generate]}


@settings(max_examples=60, **LOOK)
@given(versions=st.lists(plans, min_size=1, max_size=4), deleted=st.booleans(), data=st.data())
def test_any_order_and_any_repetition_come_to_the_same(
    versions: list[Plan], deleted: bool, data: st.DataObject
) -> None:
    stored, sent = edited(versions, deleted=deleted)
    for address in EVERYBODY:
        mine = [message for message in sent if address in message.recipients]
        order = data.draw(st.permutations(mine + mine[: data.draw(st.integers(0, 2))]))
        copy, asks = None, False
        for message in order:
            copy, more = deliver(copy, message, address)
            asks = asks or more
        if asks and stored is not None:
            for message in request_to(series_of(stored), address, OWNER, at(0)):
                copy, _ = deliver(copy, message, address)
        assert said(series_of(copy) if copy is not None else None) == wanted(stored, address)


@settings(max_examples=20, **LOOK)
@given(versions=st.lists(plans, min_size=2, max_size=4))
def test_in_order_nobody_has_to_ask(versions: list[Plan]) -> None:
    stored, sent = edited(versions, deleted=False)
    for address in EVERYBODY:
        copy = None
        for message in sent:
            if address in message.recipients:
                copy, asks = deliver(copy, message, address)
                assert not asks
        assert said(series_of(copy) if copy is not None else None) == wanted(stored, address)
