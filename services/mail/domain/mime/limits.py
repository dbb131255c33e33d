"""How much of a message's structure is looked at. What is beyond is one opaque part: kept, never refused."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Octets, unless said otherwise."""

    # Header of the message, and of each part in it, that is read; what is longer is skipped, not lost.
    top_header: int = 256 * 1024
    part_header: int = 64 * 1024
    # Of all headers together, what is kept for ENVELOPE and BODYSTRUCTURE.
    kept_headers: int = 384 * 1024
    # How many parts, and how deep.
    parts: int = 1_000
    depth: int = 64
    # Of the first text parts, what is kept for the preview, and of how many.
    preview: int = 4 * 1024
    captures: int = 8
    # RFC 2046 §5.1.1 allows 70; senders exceed it.
    boundary: int = 512
