"""Processes that speak to the embedded broker until somebody kills them: `publish URL NAME FROM TO PAUSE`, `handle URL
NAME FILE`, `bind URL NAME AT`."""

import os
import sys
import time
from typing import Any

from kombu import Consumer, Queue, binding

from chassis.events.publishing import Outgoing, Publisher, broker, connect, durable_queue, events_exchange

EXCHANGE = events_exchange("mail")
QUEUE = durable_queue("mail.one", [binding(EXCHANGE, routing_key="message_received")])
BATCH, PREFETCH, BINDINGS = 50, 20, 20


def publish(url: str, name: str, first: str, last: str, pause: str) -> None:
    """In batches; says the number up to which the broker has all."""
    publisher = Publisher(url, [EXCHANGE])
    for start in range(int(first), int(last), BATCH):
        numbers = range(start, min(start + BATCH, int(last)))
        publisher.publish([Outgoing(EXCHANGE.name, "message_received", f"{name}-{number}") for number in numbers])
        print(numbers[-1] + 1, flush=True)
        time.sleep(float(pause))


def handle(url: str, _name: str, file: str) -> None:
    """Writes a line for each message, then acknowledges it."""
    handled = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def take(message: Any) -> None:
        body = message.body if isinstance(message.body, str) else bytes(message.body).decode()
        os.write(handled, f"{body}\n".encode())
        message.ack()

    with broker(url) as connection:
        connect(connection)
        with Consumer(connection.default_channel, [QUEUE], on_message=take, prefetch_count=PREFETCH):
            while True:
                connection.drain_events()


def bind(url: str, name: str, at: str) -> None:
    """At that time, so that all begin at once."""
    with broker(url) as connection:
        connect(connection)
        channel = connection.default_channel
        time.sleep(max(0.0, float(at) - time.time()))
        for number in range(BINDINGS):
            key = f"key.{name}.{number}"
            Queue(f"mail.q{name}-{number}", bindings=[binding(EXCHANGE, routing_key=key)], durable=True)(
                channel
            ).declare()


if __name__ == "__main__":
    {"publish": publish, "handle": handle, "bind": bind}[sys.argv[1]](*sys.argv[2:])
