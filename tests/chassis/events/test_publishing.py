"""Publishing to a broker that takes what is sent and says nothing more."""

import time
from collections.abc import Callable

import pytest

from chassis.errors import Unavailable
from chassis.events import publishing
from chassis.events.publishing import Outgoing, Publisher, events_exchange
from tests.rabbitmq import RabbitMq


def test_a_broker_that_confirms_nothing_is_left_and_tried_again(
    rabbitmq: RabbitMq, unique: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "_CONFIRM_SECONDS", 0.5)
    source = unique("mail")
    publisher = Publisher(rabbitmq.url, [events_exchange(source)])
    batch = [Outgoing(f"{source}.events", "message_received", "{}")]
    publisher.publish(batch)
    began = time.monotonic()
    with rabbitmq.paused(), pytest.raises(Unavailable):
        publisher.publish(batch)
    assert time.monotonic() - began < 30
    publisher.publish(batch)
    publisher.close()
