"""Message ids, and the fields that name other messages (RFC 5322 §3.6.4)."""

import re

# Ancestors that are kept of a message: the first, and the nearest.
MOST_REFERENCES = 100
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,500})>")


def message_ids(field: str) -> list[str]:
    """The ids of a field, without brackets; quotes in a local part say nothing (RFC 5256 §3)."""
    return [found.replace('"', "").replace("\\", "") for found in _MESSAGE_ID.findall(field)]


def references_of(references: str, in_reply_to: str) -> list[str]:
    """A message's ancestors, the eldest first (RFC 5256 §3): of In-Reply-To the first id, where References has none."""
    found = list(dict.fromkeys(message_ids(references))) or message_ids(in_reply_to)[:1]
    return found if len(found) <= MOST_REFERENCES else [found[0], *found[-MOST_REFERENCES + 1 :]]
