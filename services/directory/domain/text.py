"""Names that people give: one Unicode form, no control characters, bounded."""

import unicodedata

from chassis.errors import InvalidInput

MAX_NAME = 200


def name(given: str, field: str) -> str:
    """A name for people, in NFC with single spaces.

    Raises `InvalidInput`, for a line break above all: it would forge a header in a letter later; and for what is not
    seen or turns the direction of writing: one name would pass for another.
    """
    tidy = optional(given, field)
    if not tidy:
        raise InvalidInput("A name has 1 to 200 characters", fields={field: "empty"})
    return tidy


def optional(given: str, field: str) -> str:
    """The same of what may be empty."""
    composed = unicodedata.normalize("NFC", given).strip()
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in composed):
        raise InvalidInput("A name has no control characters", fields={field: "control character"})
    tidy = " ".join(composed.split())
    if len(tidy) > MAX_NAME:
        raise InvalidInput("A name has 1 to 200 characters", fields={field: "too long"})
    return tidy


def sorting_key(tidy: str) -> str:
    """How a name is compared and sorted: without case and accents, so that "Économie" stands under E."""
    bare = unicodedata.normalize("NFKD", tidy.casefold())
    return " ".join("".join(c for c in bare if not unicodedata.combining(c)).split())
