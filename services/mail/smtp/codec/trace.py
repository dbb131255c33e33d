"""Trace fields (RFC 5321 §4.4): what we write above a message for each of its recipients."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

_ODD = re.compile(r"[^A-Za-z0-9.:\[\]_-]")


@dataclass(frozen=True, slots=True)
class Transit:
    """How a message came in."""

    id: str
    helo: str
    # The peer's address, IPv4 or IPv6; empty for a socket of this machine.
    peer: str
    host: str
    # RFC 3848: ESMTP, ESMTPS, ESMTPSA …
    protocol: str
    at: datetime

    def received(self, recipient: str = "") -> bytes:
        """A Received field; `for` only where nobody else reads it."""
        literal = f"IPv6:{self.peer}" if ":" in self.peer else self.peer
        source = f" ([{literal}])" if literal else ""
        helo = _ODD.sub("?", self.helo)[:255] or "unknown"
        whom = f"\r\n\tfor <{recipient}>" if recipient else ""
        return (
            f"Received: from {helo}{source}\r\n"
            f"\tby {self.host} with {self.protocol} id {self.id}{whom};\r\n"
            f"\t{format_datetime(self.at)}\r\n"
        ).encode()


def delivered(transit: Transit, sender: str, recipient: str, results: bytes = b"") -> bytes:
    """What stands above a recipient's own copy at final delivery; `results` is what was found of its author."""
    head = f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n"
    return head.encode() + results + transit.received(recipient)


def protocol_name(*, extended: bool, tls: bool, authenticated: bool, lmtp: bool = False, utf8: bool = False) -> str:
    """RFC 3848, RFC 6531 §4.3."""
    if not extended:
        return "SMTP"
    spoken = "LMTP" if lmtp else "SMTP" if utf8 else "ESMTP"
    return ("UTF8" if utf8 else "") + spoken + ("S" if tls else "") + ("A" if authenticated else "")
