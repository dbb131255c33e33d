"""DomainReportService."""

from typing import Any

from workspace.mail.v1 import reports_pb2, reports_pb2_grpc

from chassis.errors import NotFound
from services.mail.api.units import Units, administers_domain
from services.mail.domain.envelope import mail_domain
from services.mail.domain.reports.summary import FailureSum, SourceSum
from services.mail.usecases import Mail
from services.mail.usecases.domain_reports import domain_reports

DAYS = 30
# Servers and failures of an answer.
MOST = 200


class DomainReportApi(reports_pb2_grpc.DomainReportServiceServicer):
    """What others report of our domains. One that somebody does not administer is not there for them."""

    def __init__(self, mail: Mail, units: Units) -> None:
        self._mail = mail
        self._units = units

    async def GetDomainReport(
        self, request: reports_pb2.GetDomainReportRequest, context: Any
    ) -> reports_pb2.DomainReport:
        if not await administers_domain(self._units, mail_domain(request.domain)):
            raise NotFound("Not a domain of ours")
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
