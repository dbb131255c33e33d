"""The services by which a front end shows, writes and sorts letters, and mail comes over from elsewhere or back."""

from collections.abc import Callable
from typing import Any

from workspace.mail.v1 import (
    browsing_pb2_grpc,
    drafts_pb2_grpc,
    identities_pb2_grpc,
    imports_pb2_grpc,
    judging_pb2_grpc,
    reading_pb2_grpc,
    recovery_pb2_grpc,
    rules_pb2_grpc,
)

from services.mail.api.browsing import BrowsingApi
from services.mail.api.drafts import DraftApi
from services.mail.api.identities import IdentityApi
from services.mail.api.imports import ImportApi
from services.mail.api.judging import JudgingApi
from services.mail.api.reading import ReadingApi
from services.mail.api.recovery import RecoveryApi
from services.mail.api.rules import RuleApi
from services.mail.api.uploading import UploadApi
from services.mail.usecases import Mail


def web_services(mail: Mail) -> list[tuple[Callable[[Any, Any], None], Any]]:
    """Each servicer, and what adds it to a server."""
    return [
        (reading_pb2_grpc.add_ReadingServiceServicer_to_server, ReadingApi(mail)),
        (judging_pb2_grpc.add_JudgingServiceServicer_to_server, JudgingApi(mail)),
        (rules_pb2_grpc.add_RuleServiceServicer_to_server, RuleApi(mail)),
        (browsing_pb2_grpc.add_BrowsingServiceServicer_to_server, BrowsingApi(mail)),
        (drafts_pb2_grpc.add_DraftServiceServicer_to_server, DraftApi(mail)),
        (drafts_pb2_grpc.add_UploadServiceServicer_to_server, UploadApi(mail)),
        (identities_pb2_grpc.add_IdentityServiceServicer_to_server, IdentityApi(mail)),
        (imports_pb2_grpc.add_ImportServiceServicer_to_server, ImportApi(mail)),
        (recovery_pb2_grpc.add_RecoveryServiceServicer_to_server, RecoveryApi(mail)),
    ]
