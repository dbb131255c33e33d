"""Hands letters to mail's submission, as any mail program does: SMTP with STARTTLS, and a token that says for whom.

A worker never calls gRPC, and a secret is never in an event: so this way is left. `smtplib` blocks, on green sockets in
a worker.
"""

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import structlog

from chassis import run_blocking
from chassis.settings import host_port

log = structlog.get_logger(__name__)
SECONDS = 15.0


class Posted(Enum):
    """What became of a letter."""

    TAKEN = "taken"
    # Worth another try.
    LATER = "later"
    # Refused for good: nobody has the address.
    REFUSED = "refused"


@dataclass(frozen=True)
class Written:
    """A letter as it is handed over."""

    to: str
    octets: bytes


class LetterPosting:
    """Hands over to a server, "host:port", whose certificate is of the platform's authority or of a public one."""

    def __init__(self, server: str, authority: Path | None) -> None:
        self._server = server
        self._authority = authority

    async def post(self, letters: Sequence[Written], token: str) -> list[Posted]:
        """What became of each. One conversation for all."""
        if not letters:
            return []
        outcomes: list[Posted] = await run_blocking(self._post, list(letters), token)
        return outcomes

    def _post(self, letters: Sequence[Written], token: str) -> list[Posted]:
        outcomes: list[Posted] = []
        try:
            host, port = host_port(self._server)
            with smtplib.SMTP(host, port, timeout=SECONDS) as smtp:
                smtp.starttls(context=self._context())
                smtp.ehlo_or_helo_if_needed()
                smtp.auth("OAUTHBEARER", lambda challenge=None: _bearer(token) if challenge is None else "")
                # One by one: what was taken before a break is known to be.
                outcomes.extend(_handed_over(smtp, letter) for letter in letters)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            # An SMTPException may quote what was sent: its kind says enough.
            log.warning("letters_not_posted", server=self._server, error=type(error).__name__)
        return outcomes + [Posted.LATER] * (len(letters) - len(outcomes))

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._authority is not None:
            context.load_verify_locations(self._authority)
        return context


def _bearer(token: str) -> str:
    """RFC 7628 §3.1."""
    return f"n,,\x01auth=Bearer {token}\x01\x01"


def _handed_over(smtp: smtplib.SMTP, letter: Written) -> Posted:
    """From nobody (RFC 5321 §4.5.5), so that no server answers a letter that nobody reads answers to."""
    try:
        smtp.sendmail("", [letter.to], letter.octets)
    except smtplib.SMTPRecipientsRefused as refused:
        codes = [code for code, _ in refused.recipients.values()]
        log.info("letter_refused", codes=codes)
        return Posted.REFUSED if all(code >= 500 for code in codes) else Posted.LATER
    except smtplib.SMTPResponseException as refused:
        log.warning("letter_refused", codes=[refused.smtp_code])
        return Posted.REFUSED if refused.smtp_code >= 500 else Posted.LATER
    return Posted.TAKEN
