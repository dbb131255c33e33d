"""Our errors as SCIM's (RFC 7644 §3.12)."""

from scim2_models import (
    ConflictException,
    ForbiddenException,
    InvalidValueException,
    NotFoundException,
    PayloadTooLargeException,
    PreconditionFailedException,
    SCIMException,
    TooManyException,
    UnauthorizedException,
    UniquenessException,
)

from chassis.errors import (
    AlreadyExists,
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    PreconditionFailed,
    TooLarge,
    Unauthenticated,
    WorkspaceError,
)

_KINDS: tuple[tuple[type[WorkspaceError], type[SCIMException]], ...] = (
    (InvalidInput, InvalidValueException),
    (Unauthenticated, UnauthorizedException),
    (Forbidden, ForbiddenException),
    (NotFound, NotFoundException),
    (AlreadyExists, UniquenessException),
    (Conflict, ConflictException),
    (PreconditionFailed, PreconditionFailedException),
    (TooLarge, PayloadTooLargeException),
)


def scim_error(error: WorkspaceError) -> SCIMException:
    """The exception that SCIM has for an error of ours; one without scimType where it has none."""
    kind = next((scim for ours, scim in _KINDS if isinstance(error, ours)), SCIMException)
    wrong = "; ".join(f"{field}: {detail}" for field, detail in error.fields.items())
    made = kind(detail=f"{error.detail} ({wrong})" if wrong else error.detail)
    made.status = error.http_status
    return made


def search_error(error: WorkspaceError) -> SCIMException:
    """The same of a search, that may ask for too much."""
    return TooManyException(detail=error.detail) if isinstance(error, TooLarge) else scim_error(error)
