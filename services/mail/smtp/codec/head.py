"""What the receiver has to know of a message's header: how often it was received, and for whom."""

import re

MAX_HEAD = 256 * 1024
# RFC 5321 §6.3 wants at least 100 allowed for; no honest way is longer than half of it.
MAX_RECEIVED = 50
_RECEIVED = re.compile(rb"^received[ \t]*:", re.I | re.M)
_PASSED_ON = re.compile(rb"^x-passed-on[ \t]*:[ \t]*([^\s]+)", re.I | re.M)
_DELIVERED_TO = re.compile(rb"^delivered-to[ \t]*:[ \t]*<?([^\s<>]+)", re.I | re.M)


class Head:
    """Collects the header as the message passes, 256 KiB of it at most."""

    def __init__(self) -> None:
        self._octets = bytearray(b"\r\n")
        self.complete = False

    def feed(self, piece: bytes) -> None:
        if self.complete:
            return
        before = max(0, len(self._octets) - 3)
        self._octets += piece[: MAX_HEAD + 4]
        end = self._octets.find(b"\r\n\r\n", before)
        if end >= 0:
            del self._octets[end + 2 :]
        self.complete = end >= 0 or len(self._octets) > MAX_HEAD

    @property
    def looping(self) -> bool:
        """Whether it was received more often than any honest way explains."""
        return len(_RECEIVED.findall(self._octets)) > MAX_RECEIVED

    def passed_on(self) -> set[str]:
        """Domains, lower case, to whose former servers it went from here."""
        return {found.decode("ascii", "replace").lower() for found in _PASSED_ON.findall(self._octets)}

    def delivered_to(self) -> set[str]:
        """Addresses, lower case, in whose mailbox it already was."""
        return {found.decode("utf-8", "replace").lower() for found in _DELIVERED_TO.findall(self._octets)}
