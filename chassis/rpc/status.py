"""Our errors as gRPC statuses and back: google.rpc.Status with ErrorInfo, BadRequest and RetryInfo (AIP-193)."""

from collections.abc import Iterable
from typing import Any

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2

from chassis.errors import (
    AlreadyExists,
    Conflict,
    DeadlineExceeded,
    Forbidden,
    InvalidInput,
    NotFound,
    PreconditionFailed,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    Unreachable,
    WorkspaceError,
    kind_of,
)

DETAILS = "grpc-status-details-bin"
DOMAIN = "workspace"
_BY_STATUS = {
    kind.grpc_status: kind
    for kind in (
        AlreadyExists,
        Conflict,
        DeadlineExceeded,
        Forbidden,
        InvalidInput,
        NotFound,
        PreconditionFailed,
        TooLarge,
        TooManyRequests,
        Unauthenticated,
        Unreachable,
    )
}


def status_of(error: WorkspaceError) -> tuple[grpc.StatusCode, str, tuple[tuple[str, bytes], ...]]:
    """Code, message and trailing metadata of an error."""
    code = grpc.StatusCode[error.grpc_status]
    status = status_pb2.Status(code=code.value[0], message=error.told)
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN))
    if error.fields:
        violations = [
            error_details_pb2.BadRequest.FieldViolation(field=field, description=wrong)
            for field, wrong in error.fields.items()
        ]
        status.details.add().Pack(error_details_pb2.BadRequest(field_violations=violations))
    if error.retry_after is not None:
        delay = Duration()
        delay.FromMilliseconds(int(error.retry_after * 1000))
        status.details.add().Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    return code, error.told, ((DETAILS, status.SerializeToString()),)


def error_of(error: grpc.aio.AioRpcError) -> WorkspaceError:
    """The error that a failed rpc stands for."""
    reason, fields, retry_after = _details(error.trailing_metadata() or ())
    kind = kind_of(reason) if reason else _BY_STATUS.get(error.code().name, WorkspaceError)
    return kind(error.details() or "", fields=fields, retry_after=retry_after)


def _details(metadata: Iterable[Any]) -> tuple[str, dict[str, str], float | None]:
    reason, fields, retry_after = "", {}, None
    for key, value in metadata:
        if key != DETAILS:
            continue
        for detail in status_pb2.Status.FromString(value).details:
            info, bad, retry = (
                error_details_pb2.ErrorInfo(),
                error_details_pb2.BadRequest(),
                error_details_pb2.RetryInfo(),
            )
            if detail.Unpack(info) and info.domain == DOMAIN:
                reason = info.reason
            elif detail.Unpack(bad):
                fields = {violation.field: violation.description for violation in bad.field_violations}
            elif detail.Unpack(retry):
                retry_after = retry.retry_delay.ToMilliseconds() / 1000
    return reason, fields, retry_after
