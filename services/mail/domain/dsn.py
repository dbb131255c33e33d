"""What a sender asks to be told of a message (RFC 3461): said with MAIL and RCPT, kept until all is told."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

NEVER, SUCCESS, FAILURE, DELAY = "NEVER", "SUCCESS", "FAILURE", "DELAY"
# RFC 3461 §5.3.1, §4.2: characters as they come, encoded.
MAX_ENVID, MAX_ORCPT = 100, 500
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")
_HEXCHAR = re.compile(r"\+([0-9A-F]{2})")
_EMBEDDED = re.compile(r"\\x\{([0-9A-F]{2,6})\}")


@dataclass(frozen=True, slots=True)
class Wish:
    """Of one recipient. `notify` is empty where nothing was said; `orcpt` is `type;xtext` as it came (§4.2)."""

    notify: tuple[str, ...] = ()
    orcpt: str = ""

    @property
    def of_success(self) -> bool:
        return SUCCESS in self.notify

    @property
    def of_failure(self) -> bool:
        """What nobody forbade is told (RFC 3461 §4.1)."""
        return not self.notify or FAILURE in self.notify

    @property
    def of_delay(self) -> bool:
        return not self.notify or DELAY in self.notify

    @property
    def original_recipient(self) -> str:
        """As a report names it: `rfc822; agent@example.org`; empty where it is not known."""
        kind, _, address = self.orcpt.partition(";")
        return f"{kind}; {decoded(address)}" if address else ""


NO_WISH = Wish()


@dataclass(frozen=True, slots=True)
class Wishes:
    """Of a message: `ret` is FULL, HDRS or empty, `envid` xtext as it came, `recipients` by address."""

    ret: str = ""
    envid: str = ""
    recipients: Mapping[str, Wish] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, address: str) -> Wish:
        return self.recipients.get(address, NO_WISH)


NO_WISHES = Wishes()


def is_xtext(text: str) -> bool:
    """Whether it is xtext whose meaning is printable, so that a report can show it on one line."""
    return _XTEXT.fullmatch(text) is not None and decoded(text).isprintable()


def decoded(xtext: str) -> str:
    """What xtext stands for (RFC 3461 §4), and what is embedded in it for an address in UTF-8 (RFC 6533 §3)."""
    plain = _HEXCHAR.sub(lambda found: chr(int(found[1], 16)), xtext)
    return _EMBEDDED.sub(lambda found: _character(int(found[1], 16)), plain)


def _character(code: int) -> str:
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
