"""A sender that never gives up, and what is in a mailbox at the end: nothing acknowledged lost, nothing twice."""

import contextlib
import email
import imaplib
import smtplib
import ssl
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.running import RunningStack

SENDER = "guichet@partenaire.example"


def letter(recipient: str, mark: str) -> bytes:
    return (
        f"From: Guichet <{SENDER}>\r\nTo: <{recipient}>\r\nSubject: {mark}\r\n"
        f"Message-ID: <{mark}@partenaire.example>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\n"
        f"Bonjour, ceci est la lettre {mark}.\r\n"
    ).encode()


def send(stack: RunningStack, recipient: str, mark: str, seconds: float = 120) -> bool:
    """Send one letter, again and again until it is acknowledged, as a real sender's queue does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with (
            contextlib.suppress(OSError, smtplib.SMTPException),
            smtplib.SMTP(*stack.address("smtp"), timeout=15) as smtp,
        ):
            smtp.sendmail(SENDER, [recipient], letter(recipient, mark))
            return True
        time.sleep(0.2)
    return False


@dataclass
class Traffic:
    """Letters in the background, from senders that each send one after the other; `acknowledged` are those whose 250
    came, `longest` is how many seconds one of them took, all its tries together."""

    stack: RunningStack
    recipient: str
    prefix: str
    # So many arrive together in one mailbox.
    senders: int = 3
    acknowledged: list[str] = field(default_factory=list)
    longest: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> "Traffic":
        self._threads = [threading.Thread(target=self._run, args=[own], daemon=True) for own in range(self.senders)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(130)

    def _run(self, own: int) -> None:
        for number in range(5000):
            if self._stop.is_set():
                return
            mark = f"{self.prefix}-{own}-{number}"
            began = time.monotonic()
            if send(self.stack, self.recipient, mark):
                self.acknowledged.append(mark)
            self.longest = max(self.longest, time.monotonic() - began)
            # A stack that is hurt, not one that is busy: the letters of all tests are read in the end.
            self._stop.wait(0.1)


def received(stack: RunningStack, address: str, prefix: str) -> Counter[str]:
    """How often each letter is in the INBOX, as IMAP shows it, by subject; each is read whole."""
    trusting = ssl.create_default_context(cafile=str(stack.var / "tls" / "ca.pem"))
    host, port = stack.address("imaps")
    with imaplib.IMAP4_SSL(host, port, ssl_context=trusting, timeout=60) as imap:
        imap.login(address, stack.password(address))
        imap.select("INBOX", readonly=True)
        status, found = imap.uid("FETCH", "1:*", "(BODY.PEEK[])")
        assert status == "OK", found
        imap.logout()
    letters = [email.message_from_bytes(item[1]) for item in found if isinstance(item, tuple)]
    mine = [one for one in letters if str(one["Subject"]).startswith(f"{prefix}-")]
    assert all(str(one["Subject"]) in str(one.get_payload()) for one in mine), "a letter lost its content"
    return Counter(str(one["Subject"]) for one in mine)
