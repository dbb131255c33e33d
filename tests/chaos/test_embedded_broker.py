"""The embedded broker under load, with publishers and consumers killed all the time: no event that it took is lost."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chassis.events.publishing import Publisher
from chassis.events.spool.topology import Topology
from deploy.local.layout import ROOT
from tests.chaos.spool_program import BATCH, BINDINGS, EXCHANGE, PREFETCH, QUEUE
from tests.running import until

PROGRAM = Path(__file__).with_name("spool_program.py")
KILLS = 15

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]


def start(act: str, url: str, *words: object) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'proto' / 'gen'}"}
    command = [sys.executable, str(PROGRAM), act, url, *map(str, words)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)


@dataclass
class Publishing:
    """A publisher that goes on, when it was killed, after what it knows that the broker has."""

    url: str
    name: str
    count: int
    # Seconds between batches: to be killed in the middle of them.
    pause: float = 0.0
    confirmed: int = 0
    process: subprocess.Popen[bytes] | None = None

    def go_on(self) -> None:
        if self.process is None and self.confirmed < self.count:
            self.process = start("publish", self.url, self.name, self.confirmed, self.count, self.pause)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.wait()

    def finish(self) -> None:
        self.go_on()
        self.wait()

    def wait(self) -> None:
        if self.process is None:
            return
        said = self.process.communicate(timeout=120)[0].splitlines()
        # A number that it was killed in the middle of writing may be cut short.
        whole = [int(line) for line in said if line.isdigit()]
        self.process = None
        self.confirmed = max([self.confirmed, *(number for number in whole if number <= self.count)])


@dataclass
class Handling:
    """Two consumers of one queue, and the file in which they write what they handled."""

    url: str
    file: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def go_on(self) -> None:
        while len(self.processes) < 2:
            self.processes.append(start("handle", self.url, "mail", self.file))

    def kill(self) -> None:
        victim = self.processes.pop(0)
        victim.kill()
        victim.wait()

    def handled(self) -> Counter[str]:
        return Counter(self.file.read_text().split()) if self.file.exists() else Counter()


@contextmanager
def handling(url: str, file: Path) -> Iterator[Handling]:
    consumers = Handling(url, file)
    try:
        yield consumers
    finally:
        while consumers.processes:
            consumers.kill()


def declare(url: str) -> None:
    publisher = Publisher(url, [EXCHANGE, QUEUE])
    publisher.publish([])
    publisher.close()


def test_of_ten_thousand_events_none_is_lost_whoever_is_killed(broker_url: str, tmp_path: Path) -> None:
    declare(broker_url)
    publishers = [Publishing(broker_url, name, 5000, pause=0.02) for name in ("a", "b")]
    with handling(broker_url, tmp_path / "handled") as consumers:
        for number in range(KILLS):
            consumers.go_on()
            for publisher in publishers:
                publisher.go_on()
            time.sleep(random.uniform(0.8, 1.6))
            publishers[number % 2].kill()
            consumers.kill()
        for publisher in publishers:
            publisher.finish()
            assert publisher.confirmed == publisher.count
        consumers.go_on()
        everything = {f"{publisher.name}-{number}" for publisher in publishers for number in range(5000)}
        until(lambda: everything <= consumers.handled().keys(), 120)
        again = consumers.handled().total() - len(everything)
    # Again comes only what a killed one had published but not said, or handled but not acknowledged.
    assert again <= KILLS * BATCH + KILLS * PREFETCH


def test_a_backlog_of_twenty_thousand_is_worked_off_whoever_is_killed(broker_url: str, tmp_path: Path) -> None:
    declare(broker_url)
    publisher = Publishing(broker_url, "backlog", 20_000)
    publisher.finish()
    assert publisher.confirmed == 20_000
    with handling(broker_url, tmp_path / "handled") as consumers:
        for _ in range(5):
            consumers.go_on()
            time.sleep(1.5)
            consumers.kill()
        consumers.go_on()
        everything = {f"backlog-{number}" for number in range(20_000)}
        until(lambda: everything <= consumers.handled().keys(), 120)
        assert consumers.handled().total() - 20_000 <= 5 * PREFETCH


def test_six_processes_bind_at_once_and_one_that_is_killed_takes_no_binding_along(
    broker_url: str, tmp_path: Path
) -> None:
    declare(broker_url)
    at = time.time() + 6
    processes = [start("bind", broker_url, own, at) for own in range(6)]
    time.sleep(max(0.0, at + 0.02 - time.time()))
    processes[0].kill()
    assert [process.wait(60) for process in processes[1:]] == [0] * 5
    assert start("bind", broker_url, 0, 0).wait(60) == 0
    topology = Topology(Path(broker_url.removeprefix("spool://")))
    wanted = [(own, number) for own in range(6) for number in range(BINDINGS)]
    routes = {each: topology.routes(EXCHANGE.name, "key.{}.{}".format(*each)) for each in wanted}
    received = topology.routes(EXCHANGE.name, "message_received")
    topology.close()
    assert routes == {(own, number): (f"mail.q{own}-{number}",) for own, number in wanted}
    assert received == (QUEUE.name,)
