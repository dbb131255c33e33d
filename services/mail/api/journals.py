"""JournalService."""

from collections.abc import Sequence
from typing import Any

from workspace.mail.v1 import journals_pb2 as pb
from workspace.mail.v1 import journals_pb2_grpc

from chassis.errors import InvalidInput, NotFound
from chassis.identity import current_identity
from services.mail.api.accounts import administered_address
from services.mail.api.convert import timestamp
from services.mail.api.units import Units, administered, administers_domain
from services.mail.domain.envelope import mail_domain
from services.mail.domain.journal import Journal, Subject
from services.mail.usecases import Mail
from services.mail.usecases.journals import About, end_journal, is_told_of, journals_seen_by, open_journal


class JournalApi(journals_pb2_grpc.JournalServiceServicer):
    """Journals. What somebody does not administer is not there for them."""

    def __init__(self, mail: Mail, units: Units) -> None:
        self._mail = mail
        self._units = units

    async def OpenJournal(self, request: pb.OpenJournalRequest, context: Any) -> pb.Journal:
        about = await self._about(request)
        opened = await open_journal(self._mail, current_identity(), about, list(request.to), told=request.told)
        return (await self._told([opened]))[0]

    async def ListJournals(self, request: pb.ListJournalsRequest, context: Any) -> pb.ListJournalsResponse:
        return pb.ListJournalsResponse(
            journals=await self._told(await journals_seen_by(self._mail, current_identity()))
        )

    async def EndJournal(self, request: pb.EndJournalRequest, context: Any) -> pb.Journal:
        return (await self._told([await end_journal(self._mail, current_identity(), request.id)]))[0]

    async def GetOwnJournaling(self, request: pb.GetOwnJournalingRequest, context: Any) -> pb.OwnJournaling:
        return pb.OwnJournaling(journaled=await is_told_of(self._mail, current_identity()))

    async def _about(self, request: pb.OpenJournalRequest) -> About:
        if len([each for each in (request.address, request.unit_id, request.domain) if each]) != 1:
            why = "either this, unit_id or domain"
            raise InvalidInput("About one account, one unit or one domain", fields={"address": why})
        if request.unit_id:
            stands = await administered(self._units, request.unit_id)
            return About(Subject.UNIT, request.unit_id, stands.name, stands.unit_path)
        if request.address:
            account_id, stands = await administered_address(self._mail, request.address)
            return About(Subject.ACCOUNT, account_id, stands.name, stands.unit_path)
        domain = mail_domain(request.domain)
        if not self._mail.domains.hold(domain) or not await administers_domain(self._units, domain):
            raise NotFound("No such domain")
        return About(Subject.DOMAIN, domain, domain, ())

    async def _told(self, journals: Sequence[Journal]) -> list[pb.Journal]:
        people = await self._mail.people.by_ids([each.opened_by for each in journals]) if journals else []
        names = {each.account_id: each.address for each in people}
        return [
            pb.Journal(
                id=each.id,
                **{_FIELDS[each.subject]: each.subject_id},
                about=each.name,
                to=each.to,
                told=each.told,
                opened_by=names.get(each.opened_by, ""),
                opened_at=timestamp(each.opened_at),
            )
            for each in journals
        ]


_FIELDS = {Subject.ACCOUNT: "account_id", Subject.UNIT: "unit_id", Subject.DOMAIN: "domain"}
