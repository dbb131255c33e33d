"""DomainReportService."""

from typing import Any

from workspace.mail.v1 import reports_pb2, reports_pb2_grpc

from chassis.errors import Forbidden
from chassis.identity import current_identity
from services.mail.domain.reports.summary import FailureSum, SourceSum
from services.mail.usecases import Mail
from services.mail.usecases.domain_reports import domain_reports

DAYS = 30
# Servers and failures of an answer.
MOST = 200


class DomainReportApi(reports_pb2_grpc.DomainReportServiceServicer):
    """What others report of our domains."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def GetDomainReport(
        self, request: reports_pb2.GetDomainReportRequest, context: Any
    ) -> reports_pb2.DomainReport:
        if not current_identity().administers(()):
            raise Forbidden("The national administrator's alone")
        found = await domain_reports(self._mail, request.domain, request.days or DAYS)
        return reports_pb2.DomainReport(
            reports=found.reports,
            organisations=sorted(found.organisations),
            messages=found.messages,
            proven_messages=found.proven,
            senders=map(_sender, found.sources[:MOST]),
            tls_sessions=found.tls_successful,
            tls_failed_sessions=found.tls_failed,
            tls_failures=map(_failure, found.failures[:MOST]),
        )


def _sender(found: SourceSum) -> reports_pb2.SendingServer:
    return reports_pb2.SendingServer(
        address=found.source,
        messages=found.messages,
        proven_messages=found.proven,
        dkim_messages=found.dkim,
        spf_messages=found.spf,
        quarantined_messages=found.quarantined,
        rejected_messages=found.rejected,
        organisations=sorted(found.organisations),
    )


def _failure(found: FailureSum) -> reports_pb2.TlsFailure:
    return reports_pb2.TlsFailure(
        result=found.result, server=found.server, sessions=found.sessions, organisations=sorted(found.organisations)
    )
