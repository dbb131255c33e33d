"""A second reception beside a stack's own, which asks DNS who may write in whose name."""

import os
import smtplib
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

from deploy.local.standins import free_port
from tests.nameserver import nameserver_beside, texts
from tests.running import RunningStack, ready_at, until


@contextmanager
def reception(stack: RunningStack, records: Mapping[str, Sequence[bytes]]) -> Iterator[tuple[str, int]]:
    """Where it listens; `records` are all the texts that DNS knows, by name. Ended at the end."""
    own = Path(f"/proc/{stack.pid('mail-smtp')}/environ").read_bytes().decode().split("\0")
    smtp, submission, ops = (f"127.0.0.1:{free_port()}" for _ in range(3))
    with nameserver_beside(texts(records)) as names:
        environment = dict(line.split("=", 1) for line in own if "=" in line) | {
            "WORKSPACE_SMTP_LISTEN": smtp,
            "WORKSPACE_SUBMISSION_LISTEN": submission,
            "WORKSPACE_OPS_LISTEN": ops,
            "WORKSPACE_DNS_SERVERS": "127.0.0.1",
            "WORKSPACE_DNS_PORT": str(names.port),
            "WORKSPACE_TRUSTED_NETWORKS": "",
        }
        log = stack.var / "log" / "second-reception.log"
        with log.open("w") as said:
            words = [sys.executable, "-m", "services.mail", "smtp"]
            process = subprocess.Popen(words, env={**os.environ, **environment}, stdout=said, stderr=said)
        try:
            until(lambda: ready_at(ops), 90)
            host, _, port = smtp.rpartition(":")
            yield host, int(port)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(20)


def hand_over(place: tuple[str, int], message: EmailMessage) -> None:
    """As another domain's server does."""
    with smtplib.SMTP(*place, local_hostname="example.org", timeout=60) as smtp:
        smtp.send_message(message)
