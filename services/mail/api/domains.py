"""DomainRecordService."""

from typing import Any

from workspace.mail.v1 import domains_pb2, domains_pb2_grpc

from chassis.errors import Forbidden
from chassis.identity import current_identity
from services.mail.domain.domain_records import Record, State
from services.mail.domain.sts import StsPolicy
from services.mail.usecases import Mail
from services.mail.usecases.context import Names
from services.mail.usecases.domain_records import domain_records
from services.mail.usecases.signing_keys import rotate_signing_keys

_STATES = {state: domains_pb2.RecordState.Value(f"RECORD_STATE_{state.name}") for state in State}


class DomainRecordApi(domains_pb2_grpc.DomainRecordServiceServicer):
    """DNS of the domains that we receive for; `host` is the name of our mail servers, `web` of the gateway,
    `policy` what we say of the former."""

    def __init__(self, mail: Mail, names: Names, host: str, web: str, policy: StsPolicy | None) -> None:
        self._mail = mail
        self._names = names
        self._host, self._web, self._policy = host, web, policy

    async def ListDomainRecords(
        self, request: domains_pb2.ListDomainRecordsRequest, context: Any
    ) -> domains_pb2.ListDomainRecordsResponse:
        return await self._listed(request.domain)

    async def RotateSigningKeys(
        self, request: domains_pb2.RotateSigningKeysRequest, context: Any
    ) -> domains_pb2.ListDomainRecordsResponse:
        if not current_identity().administers(()):
            raise Forbidden("The national administrator's alone")
        await rotate_signing_keys(self._mail, self._names, request.domain)
        return await self._listed(request.domain)

    async def _listed(self, domain: str) -> domains_pb2.ListDomainRecordsResponse:
        found = await domain_records(self._mail, self._names, self._host, self._web, self._policy, domain)
        return domains_pb2.ListDomainRecordsResponse(records=map(_record, found))


def _record(record: Record) -> domains_pb2.DomainRecord:
    return domains_pb2.DomainRecord(
        name=record.name, type=record.kind, value=record.value, purpose=record.purpose, state=_STATES[record.state]
    )
