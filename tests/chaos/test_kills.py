"""SIGKILL of each process, again and again, under traffic: what was acknowledged is there, once."""

import time

import pytest

from tests.chaos.traffic import Traffic, received
from tests.chaos.witness import Witness
from tests.running import RunningStack, until

AGENT = "agent1@numerique.gouv.tg"
OURS = (
    "directory-api",
    "directory-worker",
    "mail-api",
    "mail-worker",
    "mail-smtp",
    "mail-imap",
    "mail-relay",
    "calendar-api",
    "calendar-worker",
    "gateway-http",
)
BACKENDS = ("documents", "objects")

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400)]


def nothing_waits(stack: RunningStack) -> bool:
    """Whether every fact has been published."""
    with stack.documents() as client:
        mail = client["mail"]
        return all(mail[name].find_one({"pending": 1}) is None for name in mail.list_collection_names())


def survives(stack: RunningStack, victim: str, kills: int = 4) -> None:
    prefix = f"kill-{victim}"
    with Witness(stack.broker_url, "message_received") as witness:
        if victim == "rabbitmq":
            witness.settle()
        with Traffic(stack, AGENT, prefix) as traffic:
            for number in range(kills):
                time.sleep(0.7 + 0.37 * number)
                stack.kill(victim)
                stack.await_ready()
        assert len(traffic.acknowledged) > kills
        # A process that dies in a transaction does not close the mailbox for the minute that databases give it.
        assert traffic.longest < 50
        all_there(stack, traffic, witness)


def all_there(stack: RunningStack, traffic: Traffic, witness: Witness) -> None:
    """What was acknowledged is in the mailbox, once, and everybody who listens was told of it."""
    acknowledged = set(traffic.acknowledged)
    found = received(stack, AGENT, traffic.prefix)
    assert acknowledged <= set(found), "acknowledged and lost"
    assert max(found.values()) == 1, "delivered twice"
    until(lambda: nothing_waits(stack), 60)
    until(lambda: acknowledged <= witness.marks(), 30)


@pytest.mark.parametrize("victim", OURS)
def test_any_process_may_be_killed_at_any_moment(stack: RunningStack, victim: str) -> None:
    survives(stack, victim)


@pytest.mark.parametrize("victim", BACKENDS)
def test_the_database_and_the_object_store_may_be_killed(stack: RunningStack, victim: str) -> None:
    survives(stack, victim)


def test_the_broker_may_be_killed(rabbitmq: RunningStack) -> None:
    rabbitmq.await_ready()
    survives(rabbitmq, "rabbitmq", kills=2)


def test_everything_at_once_as_when_the_power_fails(stack: RunningStack) -> None:
    broker = ("rabbitmq",) if stack.environment["WORKSPACE_LOCAL_BROKER"] == "rabbitmq" else ()
    with Witness(stack.broker_url, "message_received") as witness:
        witness.settle()
        with Traffic(stack, AGENT, "power") as traffic:
            for _ in range(2):
                time.sleep(1.5)
                for victim in (*OURS, *BACKENDS, *broker):
                    stack.kill(victim)
                stack.await_ready()
        assert traffic.acknowledged
        all_there(stack, traffic, witness)
