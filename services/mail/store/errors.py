"""What the database refuses, in mail's own words."""

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.errors import BulkWriteError, DuplicateKeyError

DUPLICATE_KEY = 11000


class Taken(Exception):
    """A name that must be unique is somebody else's."""


class Repeated(Exception):
    """It came before."""


@contextmanager
def duplicates_are(kind: type[Exception]) -> Iterator[None]:
    """Raise `kind` for a write that a unique index refused, by itself or among others."""
    try:
        yield
    except DuplicateKeyError as error:
        raise kind from error
    except BulkWriteError as error:
        if any(fault.get("code") == DUPLICATE_KEY for fault in error.details.get("writeErrors", ())):
            raise kind from error
        raise
