"""The header fields that mail programs list messages by, kept with a message as they stand in it.

Kept is one piece of octets: a number for each field, then the fields in their order, all parted by NUL, which no
message here has (RFC 3501 §9). Two pieces that no message can give say that they are not known.
"""

from collections.abc import Iterable
from itertools import compress

from services.mail.domain.mime.fields import raw_fields

# What Thunderbird, Apple Mail, mutt, Evolution, K-9, Roundcube, imapflow, mbsync and offlineimap ask for.
USUAL = tuple(
    b"from to cc bcc sender reply-to subject date message-id in-reply-to references newsgroups followup-to"
    b" mail-followup-to content-type content-transfer-encoding content-description content-language content-class"
    b" mime-version priority x-priority importance x-msmail-priority sensitivity disposition-notification-to"
    b" return-receipt-to delivered-to x-original-to return-path list-id list-post list-help list-subscribe"
    b" list-unsubscribe list-unsubscribe-post list-archive list-owner mailing-list precedence auto-submitted"
    b" authentication-results dkim-signature bimi-indicator bimi-location x-bimi-indicator-hash x-spam-status"
    b" x-spam-flag x-label lines keywords organization user-agent x-mailer x-tuid x-offlineimap x-mozilla-status"
    b" x-mozilla-keys x-mozilla-draft-info x-identity-key x-k9mail-identity chat-version x-uniform-type-identifier"
    b" x-universally-unique-identifier x-mail-created-date x-loop x-list x-beenthere x-mailing-list originator x-ref"
    b" x-msoesrec resent-from resent-to resent-cc resent-date resent-message-id".split()
)
_FIRST = 0x10
_NUMBERS = {name: _FIRST + place for place, name in enumerate(USUAL)}
# Octets of the fields that are kept of one message.
MOST = 8 * 1024
# Shapes of headers that are remembered, and fields in one that is: whoever sends chooses them.
MOST_SHAPES, LONGEST_SHAPE = 500, 100
# There are more, or something is odd about where they stand: only the message itself has them.
ELSEWHERE = b"\1"
# Nobody has looked yet.
UNKNOWN = b"\2"
_END = b"\0"


def usual_fields(header: bytes) -> bytes:
    """The usual fields of a whole header, however many."""
    found = [(_NUMBERS[name], octets) for name, octets in raw_fields(header) if name in _NUMBERS]
    return _END.join((bytes(number for number, _ in found), *(octets for _, octets in found)))


def kept(header: bytes) -> bytes:
    """The same of a header that others may be put before; `ELSEWHERE` of one that cannot be kept so."""
    if header[:1] in (b" ", b"\t") or _END in header:  # its first line goes on with what stands before it
        return ELSEWHERE
    fields = usual_fields(header)
    return fields if len(fields) <= MOST else ELSEWHERE


def following(prefix: bytes, after: bytes) -> bytes:
    """What is kept of a header that begins with `prefix`, and `after` of the rest of it."""
    if not prefix or after in (ELSEWHERE, UNKNOWN):
        return after
    before = kept(prefix)
    if before == ELSEWHERE or not prefix.endswith(b"\n"):
        return ELSEWHERE
    (shape, _, fields), (more, _, others) = before.partition(_END), after.partition(_END)
    return _END.join((shape + more, *filter(None, (fields, others))))


class Picker:
    """Picks some of the usual fields, as HEADER.FIELDS does (RFC 3501 §6.4.5)."""

    def __init__(self, names: Iterable[bytes]) -> None:
        self._numbers = frozenset(_NUMBERS[name] for name in names)
        # Which fields of a header are wanted, by its shape: most messages have one of a few.
        self._wanted: dict[bytes, list[bool]] = {}

    def __call__(self, fields: bytes) -> bytes:
        """The wanted fields, whole, and the blank line."""
        shape, *each = fields.split(_END)
        wanted = self._wanted.get(shape)
        if wanted is None:
            wanted = [number in self._numbers for number in shape]
            if len(self._wanted) >= MOST_SHAPES:
                self._wanted.clear()
            if len(shape) <= LONGEST_SHAPE:
                self._wanted[shape] = wanted
        return b"".join(compress(each, wanted)) + b"\r\n"
