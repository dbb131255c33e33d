"""Files attached to events and tasks, which the service keeps (RFC 8607)."""

from services.calendar.domain.attachments.files import (
    MAX_OCTETS,
    MAX_OF_OBJECT,
    MAX_OF_OWNER,
    Attachment,
    filename_given,
    media_type_given,
)
from services.calendar.domain.attachments.placing import confirmed, ids_of, put_on, swapped, taken_off

__all__ = [
    "MAX_OCTETS",
    "MAX_OF_OBJECT",
    "MAX_OF_OWNER",
    "Attachment",
    "confirmed",
    "filename_given",
    "ids_of",
    "media_type_given",
    "put_on",
    "swapped",
    "taken_off",
]
