"""What the embedded broker promises: everything is delivered at least once, whoever dies when."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from kombu import Connection, Consumer, Exchange, Queue, binding
from kombu.exceptions import ChannelError

from chassis.events.publishing import Outgoing, Publisher, durable_queue, events_exchange
from chassis.events.spool.claims import reap
from chassis.events.spool.topology import Topology, topic_pattern

MAIL = events_exchange("mail")


def bound(name: str, key: str = "#") -> Queue:
    return durable_queue(name, [binding(MAIL, routing_key=key)])


def publish(url: str, bodies: list[str], key: str = "message_received") -> None:
    publisher = Publisher(url, [MAIL])
    publisher.publish([Outgoing("mail.events", key, body) for body in bodies])
    publisher.close()


class Taker:
    """A consumer that acknowledges what it takes unless told otherwise."""

    def __init__(self, url: str, queue: Queue, *, ack: bool = True, prefetch: int = 50) -> None:
        self.connection = Connection(url)
        self.taken: list[Any] = []
        self._ack = ack
        self.consumer = Consumer(self.connection.default_channel, [queue], on_message=self._take)
        self.consumer.qos(prefetch_count=prefetch)
        self.consumer.consume()

    def _take(self, message: Any) -> None:
        self.taken.append(message)
        if self._ack:
            message.ack()

    def drain(self, count: int, seconds: float = 20) -> list[str]:
        until = time.monotonic() + seconds
        while len(self.taken) < count and time.monotonic() < until:
            try:
                self.connection.drain_events(timeout=0.2)
            except TimeoutError:
                continue
        return self.bodies()

    def bodies(self) -> list[str]:
        return [
            bytes(message.body).decode() if not isinstance(message.body, str) else message.body
            for message in self.taken
        ]

    def close(self) -> None:
        self.connection.release()


@pytest.fixture
def taker(broker_url: str) -> Iterator[Callable[..., Taker]]:
    made: list[Taker] = []

    def make(queue: Queue, **options: Any) -> Taker:
        made.append(Taker(broker_url, queue, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def program(url: str, body: str) -> list[str]:
    """A process of its own that speaks to the broker."""
    lines = f"""
    import sys, time
    from tests.chassis.events.spool.test_broker import *
    url = {url!r}
    """
    return [sys.executable, "-c", textwrap.dedent(lines) + textwrap.dedent(body)]


def spawn(url: str, body: str, **options: Any) -> subprocess.Popen[bytes]:
    root = Path(__file__).parents[4]
    environment = {**os.environ, "PYTHONPATH": f"{root}:{root / 'proto' / 'gen'}"}
    return subprocess.Popen(program(url, body), env=environment, stdout=subprocess.PIPE, **options)


def test_ten_thousand_events_arrive_in_order_and_once(broker_url: str, taker: Callable[..., Taker]) -> None:
    one = taker(bound("mail.one"))
    sent = [str(number) for number in range(10_000)]
    for start in range(0, 10_000, 500):
        publish(broker_url, sent[start : start + 500])
    assert one.drain(10_000, 60) == sent
    assert one.connection.default_channel._size("mail.one") == 0


def test_a_get_costs_the_same_whatever_waits(broker_url: str, taker: Callable[..., Taker]) -> None:
    one = taker(bound("mail.one"))
    publish(broker_url, ["x"] * 20_000)
    costs = []
    for _ in range(20_000):
        began = time.perf_counter()
        one.connection.drain_events(timeout=5)
        costs.append(time.perf_counter() - began)
    # The gets with 20,000 waiting against the gets with next to none waiting.
    assert median(costs[:2000]) < 3 * median(costs[-2000:])


def test_six_processes_that_bind_at_once_lose_no_binding(broker_url: str) -> None:
    body = """
    with Connection(url) as connection:
        own = sys.argv[1]
        for number in range(20):
            bound(f"mail.q{own}-{number}", f"key.{own}.{number}")(connection.default_channel).declare()
    """
    root = Path(__file__).parents[4]
    environment = {**os.environ, "PYTHONPATH": f"{root}:{root / 'proto' / 'gen'}"}
    processes = [subprocess.Popen([*program(broker_url, body), str(own)], env=environment) for own in range(6)]
    assert [process.wait(60) for process in processes] == [0] * 6
    topology = Topology(Path(broker_url.removeprefix("spool://")))
    routes = {(own, n): topology.routes("mail.events", f"key.{own}.{n}") for own in range(6) for n in range(20)}
    topology.close()
    assert routes == {(own, n): (f"mail.q{own}-{n}",) for own in range(6) for n in range(20)}


def test_what_a_killed_consumer_held_is_delivered_again(broker_url: str, taker: Callable[..., Taker]) -> None:
    with Connection(broker_url) as connection:
        bound("mail.one")(connection.default_channel).declare()
    publish(broker_url, [str(number) for number in range(100)])
    victim = spawn(
        broker_url,
        """
        one = Taker(url, bound("mail.one"), ack=False, prefetch=30)
        one.drain(30)
        print("holding", flush=True)
        time.sleep(60)
        """,
    )
    assert victim.stdout is not None
    assert victim.stdout.readline() == b"holding\n"
    victim.kill()
    victim.wait()
    heir = taker(bound("mail.one"))
    assert sorted(heir.drain(100), key=int) == [str(number) for number in range(100)]
    again = [message for message in heir.taken if message.delivery_info["redelivered"]]
    assert len(again) == 30


def test_a_killed_publisher_leaves_only_whole_messages(broker_url: str, taker: Callable[..., Taker]) -> None:
    one = taker(bound("mail.one"))
    for _ in range(3):
        victim = spawn(
            broker_url,
            """
            publisher = Publisher(url, [MAIL])
            for number in range(100_000):
                publisher.publish([Outgoing("mail.events", "message_received", f"{number:06d}" + "x" * 50_000)])
                print(number, flush=True)
            """,
        )
        assert victim.stdout is not None
        acknowledged = [victim.stdout.readline() for _ in range(40)]
        victim.kill()
        rest = victim.stdout.read().splitlines()
        victim.wait()
        last = int(rest[-1] if rest and rest[-1].isdigit() else acknowledged[-1])
        one.taken.clear()
        arrived = one.drain(last + 1, 20)
        one.drain(last + 3, 0.5)
        assert {int(body[:6]) for body in arrived} >= set(range(last + 1))
        assert all(len(body) == 50_006 for body in one.bodies())


def test_what_is_being_written_is_not_seen(broker_url: str, taker: Callable[..., Taker]) -> None:
    one = taker(bound("mail.one"))
    transport = one.connection.connection
    (Path(transport.claim.drafts) / "half").write_bytes(b'{"properties": {')
    assert one.drain(1, 0.3) == []


def test_a_damaged_file_is_set_aside(broker_url: str, taker: Callable[..., Taker]) -> None:
    one = taker(bound("mail.one"))
    publish(broker_url, ["first", "second"])
    root = Path(broker_url.removeprefix("spool://"))
    first = min((root / "queues" / "mail.one" / "new").glob("*/*"))
    first.write_bytes(b"")
    assert one.drain(1) == ["second"]
    assert [path.name for path in (root / "damaged").iterdir()] == [first.name]


def test_rejecting_delivers_again_and_closing_gives_back(broker_url: str, taker: Callable[..., Taker]) -> None:
    one = taker(bound("mail.one"), ack=False, prefetch=2)
    publish(broker_url, ["a", "b", "c"])
    assert one.drain(2) == ["a", "b"]
    assert one.drain(3, 0.3) == ["a", "b"], "prefetch"
    one.taken[0].requeue()
    assert len(one.drain(3)) == 3, "rejecting made room"
    one.close()
    other = taker(bound("mail.one"))
    assert sorted(other.drain(3)) == ["a", "b", "c"]


def test_an_ack_lets_a_full_consumer_go_on_at_once(broker_url: str, taker: Callable[..., Taker]) -> None:
    one = taker(bound("mail.one"), ack=False, prefetch=1)
    publish(broker_url, [str(number) for number in range(20)])
    began = time.monotonic()
    for number in range(20):
        one.drain(number + 1)
        one.taken[-1].ack()
    assert time.monotonic() - began < 2


def test_a_waiting_consumer_wakes_within_milliseconds_and_idles_for_nothing(
    broker_url: str, taker: Callable[..., Taker]
) -> None:
    one = taker(bound("mail.one"))
    other = spawn(
        broker_url,
        """
        publisher = Publisher(url, [MAIL])
        for _ in range(20):
            time.sleep(0.05)
            publisher.publish([Outgoing("mail.events", "a", str(time.time()))])
        """,
    )
    delays = []
    for number in range(20):
        one.drain(number + 1)
        delays.append(time.time() - float(one.bodies()[-1]))
    other.wait(20)
    assert median(delays) < 0.02
    used = time.process_time()
    one.drain(21, 2)
    assert time.process_time() - used < 0.1


def test_without_inotify_bells_are_looked_at(
    broker_url: str, taker: Callable[..., Taker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.events.spool.waking._inotify", lambda: -1)
    one = taker(bound("mail.one"))
    other = spawn(broker_url, "time.sleep(0.3); publish(url, [str(time.time())])")
    (sent,) = one.drain(1)
    assert time.time() - float(sent) < 0.2
    assert other.wait(20) == 0


@pytest.mark.parametrize(
    ("pattern", "key", "matches"),
    [
        ("a.b", "a.b", True),
        ("a.b", "a.bc", False),
        ("*", "a", True),
        ("*", "a.b", False),
        ("*", "", False),
        ("#", "", True),
        ("#", "a.b.c", True),
        ("a.#", "a", True),
        ("a.#", "a.b.c", True),
        ("a.#", "ab", False),
        ("#.c", "c", True),
        ("#.c", "a.b.c", True),
        ("a.*.c", "a.b.c", True),
        ("a.*.c", "a.c", False),
        ("a.#.c", "a.c", True),
        ("*.#", "a", True),
        ("a+", "aa", False),
    ],
)
def test_topics_match_as_amqp_says(pattern: str, key: str, matches: bool) -> None:
    assert (topic_pattern(pattern).fullmatch("." + key) is not None) is matches


def test_exchanges_route(broker_url: str) -> None:
    with Connection(broker_url) as connection:
        channel = connection.default_channel
        topic, direct, fanout = (Exchange(f"x.{kind}", kind) for kind in ("topic", "direct", "fanout"))
        for name, exchange, key in (
            ("t1", topic, "mail.*"),
            ("t2", topic, "#"),
            ("d1", direct, "mail.a"),
            ("d2", direct, "mail.b"),
            ("f1", fanout, ""),
            ("f2", fanout, "anything"),
        ):
            Queue(name, exchange, routing_key=key)(channel).declare()
        topology = connection.connection.topology
        assert topology.routes("x.topic", "mail.a") == ("t1", "t2")
        assert topology.routes("x.topic", "drive") == ("t2",)
        assert topology.routes("x.direct", "mail.a") == ("d1",)
        assert topology.routes("x.fanout", "whatever") == ("f1", "f2")
        assert topology.routes("", "t1") == ("t1",)
        assert topology.routes("", "nowhere") == ()
        with pytest.raises(ChannelError, match="is of type"):
            Exchange("x.topic", "direct")(channel).declare()
        with pytest.raises(ChannelError, match="no exchange"):
            topology.routes("x.unknown", "a")


def test_an_exclusive_queue_dies_with_its_owner(broker_url: str, taker: Callable[..., Taker]) -> None:
    body = """
    queue = Queue("live", MAIL, routing_key="#", exclusive=True, auto_delete=True, durable=False)
    one = Taker(url, queue)
    print("bound", flush=True)
    time.sleep(60)
    """
    owner = spawn(broker_url, body)
    assert owner.stdout is not None
    assert owner.stdout.readline() == b"bound\n"
    root = Path(broker_url.removeprefix("spool://"))
    assert (root / "queues" / "live").exists()
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    topology = Topology(root)
    assert reap(root, topology) == 1
    assert "live" not in topology.tables().queues
    assert not (root / "queues" / "live").exists()
    topology.close()
    publish(broker_url, ["nobody hears"])


def test_two_consumers_share_a_queue(broker_url: str, taker: Callable[..., Taker]) -> None:
    one, two = taker(bound("mail.one")), taker(bound("mail.one"))
    publish(broker_url, [str(number) for number in range(2000)])
    until = time.monotonic() + 20
    while len(one.taken) + len(two.taken) < 2000 and time.monotonic() < until:
        for each in (one, two):
            each.drain(len(each.taken) + 1, 0.01)
    assert sorted(one.bodies() + two.bodies(), key=int) == [str(number) for number in range(2000)]
    assert one.taken
    assert two.taken
