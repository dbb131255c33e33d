"""Every error that crosses a boundary, typed once: an edge only translates.

Each kind carries its gRPC status name, its HTTP status (RFC 9110), its SMTP reply (RFC 5321 code, RFC 3463 enhanced
status) and its IMAP response code (RFC 5530). `reason` is a stable word for programs, the message is for people.
"""

from collections.abc import Mapping
from typing import ClassVar


class WorkspaceError(Exception):
    """An error that its caller may see. `detail` says what is wrong; `fields` names the bad inputs."""

    reason: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"
    grpc_status: ClassVar[str] = "INTERNAL"
    http_status: ClassVar[int] = 500
    smtp_reply: ClassVar[tuple[int, str]] = (451, "4.3.0")
    imap_code: ClassVar[str] = "SERVERBUG"

    def __init__(
        self, detail: str = "", *, fields: Mapping[str, str] | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.fields = dict(fields or {})
        self.retry_after = retry_after

    @property
    def told(self) -> str:
        """What those outside are told."""
        return self.detail


class InvalidInput(WorkspaceError):
    reason = "invalid_input"
    title = "Invalid input"
    grpc_status = "INVALID_ARGUMENT"
    http_status = 400
    smtp_reply = (501, "5.5.4")
    imap_code = "CLIENTBUG"


class TooLarge(WorkspaceError):
    reason = "too_large"
    title = "Too large"
    grpc_status = "OUT_OF_RANGE"
    http_status = 413
    smtp_reply = (552, "5.3.4")
    imap_code = "LIMIT"


class Unauthenticated(WorkspaceError):
    reason = "unauthenticated"
    title = "Not logged in"
    grpc_status = "UNAUTHENTICATED"
    http_status = 401
    smtp_reply = (535, "5.7.8")
    imap_code = "AUTHENTICATIONFAILED"


class SecondFactorRequired(Unauthenticated):
    """The password was right and is not enough. `fields`: `challenge`, and `methods` separated by spaces."""

    reason = "second_factor_required"
    title = "A second factor is needed"


class LoginTooOld(Unauthenticated):
    """What is asked for needs a login of a moment ago."""

    reason = "login_too_old"
    title = "Log in again for this"


class Forbidden(WorkspaceError):
    reason = "forbidden"
    title = "Not allowed"
    grpc_status = "PERMISSION_DENIED"
    http_status = 403
    smtp_reply = (550, "5.7.1")
    imap_code = "NOPERM"


class NotFound(WorkspaceError):
    reason = "not_found"
    title = "Not found"
    grpc_status = "NOT_FOUND"
    http_status = 404
    smtp_reply = (550, "5.1.1")
    imap_code = "NONEXISTENT"


class AlreadyExists(WorkspaceError):
    reason = "already_exists"
    title = "Already exists"
    grpc_status = "ALREADY_EXISTS"
    http_status = 409
    smtp_reply = (550, "5.7.0")
    imap_code = "ALREADYEXISTS"


class Conflict(WorkspaceError):
    """Somebody else changed it meanwhile: read again, then try again."""

    reason = "conflict"
    title = "Changed meanwhile"
    grpc_status = "ABORTED"
    http_status = 409
    smtp_reply = (451, "4.3.0")
    imap_code = "INUSE"


class PreconditionFailed(WorkspaceError):
    reason = "precondition_failed"
    title = "Not possible in its present state"
    grpc_status = "FAILED_PRECONDITION"
    http_status = 412
    smtp_reply = (550, "5.7.0")
    imap_code = "CANNOT"


class ApprovalRequired(WorkspaceError):
    """It is kept until a second administrator decides upon it. `fields`: `approval_id` and `expires_at`."""

    reason = "approval_required"
    title = "A second administrator has to approve this"
    grpc_status = "FAILED_PRECONDITION"
    http_status = 409
    smtp_reply = (550, "5.7.1")
    imap_code = "CANNOT"


class TooManyRequests(WorkspaceError):
    """A rate, a lockout or a queue is at its limit: wait `retry_after` seconds."""

    reason = "too_many_requests"
    title = "Too many requests"
    grpc_status = "RESOURCE_EXHAUSTED"
    http_status = 429
    smtp_reply = (421, "4.7.0")
    imap_code = "LIMIT"


class OverQuota(WorkspaceError):
    """What is kept of its owner takes all the room that there is for it: something has to go first."""

    reason = "over_quota"
    title = "No room left"
    grpc_status = "RESOURCE_EXHAUSTED"
    http_status = 507
    smtp_reply = (452, "4.2.2")
    imap_code = "OVERQUOTA"


class Unavailable(WorkspaceError):
    """Something that this needs is away for the moment."""

    reason = "unavailable"
    title = "Temporarily unavailable"
    grpc_status = "UNAVAILABLE"
    http_status = 503
    smtp_reply = (451, "4.3.2")
    imap_code = "UNAVAILABLE"


class Unreachable(Unavailable):
    """Another service does not answer. `detail` is what gRPC says, which names hosts within: it is for logs alone."""

    @property
    def told(self) -> str:
        return self.title


class DeadlineExceeded(Unavailable):
    reason = "deadline_exceeded"
    title = "Took too long"
    grpc_status = "DEADLINE_EXCEEDED"
    http_status = 504


def _kinds(of: type[WorkspaceError]) -> list[type[WorkspaceError]]:
    return [of, *(kind for child in of.__subclasses__() for kind in _kinds(child))]


def kind_of(reason: str) -> type[WorkspaceError]:
    """The error class of a reason word; `WorkspaceError` for an unknown one."""
    return next((kind for kind in _kinds(WorkspaceError) if kind.reason == reason), WorkspaceError)
