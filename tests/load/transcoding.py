"""`python -m tests.load.transcoding`: the CPU that the gateway adds to a gRPC call for a list of 50 messages.

Beside it, in the same run: `json.dumps` of the same values, which knows nothing of protos, and protobuf's own
`MessageToDict`. The gRPC call itself parses the response; that is not the transcoder's.
"""

import json
import time
from collections.abc import Callable
from typing import Any

import orjson
from google.protobuf import json_format
from workspace.mail.v1 import mail_pb2

from chassis.protojson import load_json, reader, writer
from tests.load.report import milliseconds, table

MESSAGES = 50
ROUNDS = 200
REPEATS = 5


def page() -> mail_pb2.ListMessagesResponse:
    """A page of a mailbox as the REST API lists it."""
    page = mail_pb2.ListMessagesResponse(next_page_token="01JQ7Z3V5E8R6T4Y2W0Q9M1N3B")
    for number in range(MESSAGES):
        message: Any = page.messages.add(
            id=f"01J{number:023d}",
            mailbox_id="01JQ7Z3V5E8R6T4Y2W0Q9M1N3B",
            uid=number + 1,
            flags=["\\Seen", "$Forwarded"],
            subject=f"Compte rendu de la réunion n° {number}",
            size=8000 + number,
            rfc_message_id=f"<{number}.compte-rendu@numerique.gouv.tg>",
            preview="Bonjour, veuillez trouver ci-joint le compte rendu de la réunion du comité de pilotage. " * 2,
            modseq=number + 1,
        )
        getattr(message, "from").add(name="Agent 1", address="agent1@numerique.gouv.tg")
        message.to.add(name="Agent 2", address="agent2@sante.gouv.tg")
        message.cc.add(name="Agent 3", address="agent3@sante.gouv.tg")
        message.date.FromSeconds(1_780_000_000 + number)
        message.received_at.FromMilliseconds(1_780_000_000_123 + number)
    return page


def cpu(act: Callable[[], object]) -> float:
    """CPU seconds of one act, the best of several repeats."""
    best = float("inf")
    for _ in range(REPEATS):
        began = time.process_time()
        for _ in range(ROUNDS):
            act()
        best = min(best, (time.process_time() - began) / ROUNDS)
    return best


def run() -> None:
    message = page()
    write, read = writer(message.DESCRIPTOR), reader(message.DESCRIPTOR)
    values = write(message)
    text = orjson.dumps(values)
    dumps = cpu(lambda: json.dumps(values))
    shown: dict[str, Any] = {"preserving_proto_field_name": True, "always_print_fields_with_no_presence": True}
    measured = {
        "json.dumps of the same": dumps,
        "transcoding: message to JSON text": cpu(lambda: orjson.dumps(write(message))),
        "protobuf: MessageToDict and json.dumps": cpu(lambda: json.dumps(json_format.MessageToDict(message, **shown))),
        "json.loads of the same": cpu(lambda: json.loads(text)),
        "transcoding: JSON text to message": cpu(lambda: read.read(load_json(text))),
        "protobuf: json_format.Parse": cpu(lambda: json_format.Parse(text, mail_pb2.ListMessagesResponse())),
    }
    rows = [(what, milliseconds(seconds), f"{seconds / dumps:.2f}") for what, seconds in measured.items()]
    table(f"Transcoding a list of {MESSAGES} messages", [("", "CPU", "to json.dumps"), *rows])


if __name__ == "__main__":
    run()
