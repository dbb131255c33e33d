"""Which conversation a message is of.

Two messages are of one conversation when one names the other (RFC 5322 §3.6.4) and both are about the same subject: who
answers an old letter under a new subject begins anew. That is RFC 8621 §3's rule. A conversation's id follows from the
message that began it, so that whoever comes first, the answer or what it answers, and in whichever process, finds the
same.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from services.mail.domain.mime.references import message_ids
from services.mail.domain.order import base_subject

# Of a message's ancestors, by how many it is found.
MOST_RELATIVES = 10
# What programs in French put before the subject of an answer or a forward, which RFC 5256 does not know.
_LEADER = re.compile(r"(?:tr|r[eé]p|r[eé])\s*:\s*", re.IGNORECASE)


def subject_of(subject: str) -> str:
    """What a conversation is about, in the form that compares."""
    text = base_subject(subject)
    while found := _LEADER.match(text):
        text = base_subject(text[found.end() :])
    return text.casefold()


def known_as(message_id: str, subject: str | None = None) -> int:
    """A message id as a number of 64 bits, signed as the database wants it; with a subject, of both."""
    text = message_id if subject is None else f"{message_id}\0{subject}"
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), signed=True)


@dataclass(frozen=True, slots=True)
class Kinship:
    """By what a message finds its conversation."""

    # Its ancestors, the eldest first.
    references: tuple[int, ...]
    # The nearest ancestors, the eldest and itself, each with the subject: one in common is one conversation.
    relatives: tuple[int, ...]
    # The id of the conversation when no relative is known; empty where the message and its ancestors have no id.
    begun: str


def kinship(message_id: str, references: Sequence[str], subject: str) -> Kinship:
    """`message_id` as its field has it, `references` as `references_of` gives them."""
    own, about = message_ids(message_id)[:1], subject_of(subject)
    near = [*reversed(references[-MOST_RELATIVES + 2 :]), *references[:1], *own]
    root = [*references[:1], *own][:1]
    begun = blake2b(f"{root[0]}\0{about}".encode("utf-8", "surrogatepass"), digest_size=13).hexdigest() if root else ""
    return Kinship(
        references=tuple(map(known_as, references)),
        relatives=tuple(dict.fromkeys(known_as(each, about) for each in near)),
        begun=begun,
    )
