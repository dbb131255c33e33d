"""What a process writes on standard output."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

PROGRAM = """
import logging, threading
import structlog
from chassis.settings import load, ServiceSettings
from chassis.telemetry import setup, span
setup("mail", "smtp", load(ServiceSettings))
log = structlog.get_logger("services.mail.smtp")
with span("smtp DATA"):
    log.info("accepted", size=12)
threading.Thread(target=lambda: logging.getLogger("a.library").warning("odd\\nthing %d", 3)).start()
try:
    1 / 0
except ZeroDivisionError:
    log.exception("failed")
log.debug("unseen")
"""


def test_logs_are_one_line_of_json_with_service_and_trace(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}:{ROOT}/proto/gen",
        "WORKSPACE_TRACE_FILE": str(tmp_path / "spans"),
    }
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    accepted, foreign, failed = (json.loads(line) for line in done.stdout.splitlines())
    assert (accepted["event"], accepted["size"], accepted["level"]) == ("accepted", 12, "info")
    trace_id = json.loads((tmp_path / "spans").read_text())["context"]["trace_id"]
    assert accepted["trace_id"] == trace_id.removeprefix("0x")
    assert foreign["event"] == "odd\nthing 3"
    assert foreign["logger"] == "a.library"
    assert "ZeroDivisionError" in failed["exception"]
    for line in (accepted, foreign, failed):
        assert (line["service"], line["kind"]) == ("mail", "smtp")
        assert line["timestamp"].endswith("Z")


HANDING_ON = """
import sys
from chassis.launch import _choose_eventlet
_choose_eventlet()
import structlog
from chassis.settings import load, ServiceSettings
from chassis.telemetry import consumer_span, current_traceparent, server_span, setup
setup("mail", "worker", load(ServiceSettings))
log = structlog.get_logger("services.mail")
with server_span("smtp DATA"):
    log.info("accepted")
    traceparent = current_traceparent()
with consumer_span("handle", traceparent):
    log.info("handled")
"""


def test_logs_name_the_trace_and_hold_nothing_else_without_any_collector() -> None:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT}/proto/gen"}
    done = subprocess.run(
        [sys.executable, "-c", HANDING_ON], env=environment, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    accepted, handled = (json.loads(line) for line in done.stdout.splitlines())
    assert len(accepted["trace_id"]) == 32
    assert handled["trace_id"] == accepted["trace_id"]
    assert handled["span_id"] != accepted["span_id"]
