"""What directory's worker does when facts or time tell it to, and what it tells newcomers."""

from collections.abc import Sequence
from datetime import UTC

from workspace.calendar.v1.events_pb2 import ActRecorded as CalendarActRecorded
from workspace.calendar.v1.events_pb2 import PersonalDataErased as CalendarErased
from workspace.calendar.v1.events_pb2 import PersonalDataExported as CalendarExported
from workspace.directory.v1.events_pb2 import (
    AccountCreated,
    AccountDeleted,
    ActRecorded,
    DomainChanged,
    FunctionAssigned,
    GroupChanged,
    MailboxHandedOver,
    PersonalDataErasureRequested,
    PersonalDataExportRequested,
    UnitCreated,
)
from workspace.mail.v1.events_pb2 import ActRecorded as MailActRecorded
from workspace.mail.v1.events_pb2 import PersonalDataErased, PersonalDataExported

from chassis.events import Envelope, Fact, Listener, announces, every, hears
from services.directory.domain.audit import Record
from services.directory.usecases.answer_personal_data import answer_erasure, answer_export, keep_answer
from services.directory.usecases.carry_out import carry_out_approved, expire_approvals
from services.directory.usecases.context import Directory
from services.directory.usecases.delete_departed import delete_departed
from services.directory.usecases.facts import DONE
from services.directory.usecases.fall_back import leave_domains, leave_functions
from services.directory.usecases.follow_moves import follow_moves, retire_addresses
from services.directory.usecases.forget_card_deletions import forget_card_deletions
from services.directory.usecases.keep_acts import keep_act, keep_checkpoint
from services.directory.usecases.present_state import (
    accounts_page,
    departures_page,
    domains_page,
    functions_page,
    groups_page,
    units_page,
)
from services.directory.usecases.run_jobs import JobRunner
from services.directory.usecases.sweep_photos import sweep_photos

# Often enough for a key to be made within the hour that it is published ahead, whatever fails meanwhile.
KEYS_SECONDS = 60
CHECKPOINT_SECONDS = 600
PURGE_SECONDS = 600
# How long a job waits to be begun.
JOBS_SECONDS = 1
# Accounts follow their units by then; authority has followed before.
MOVES_SECONDS = 5
# Acts that come together are kept in one transaction.
ACTS_AT_ONCE = 64
# An approved act whose process died is done by then, and what nobody decided upon has expired.
APPROVALS_SECONDS = 10
HOUR = 3600.0
SIX_HOURS = 6 * HOUR


def _record(
    fact: ActRecorded | MailActRecorded | CalendarActRecorded,
    envelope: Envelope,
    outcome: str,
    unit_path: Sequence[str],
) -> Record:
    return Record(
        id=envelope.id,
        time=envelope.time.ToDatetime(UTC),
        source=envelope.source,
        act=fact.act,
        outcome=outcome,
        actor_id=envelope.actor,
        actor=fact.actor_name,
        target_id=fact.target_id,
        target=fact.target_name,
        unit_path=tuple(unit_path),
        remote=fact.remote_address,
        details=dict(fact.details),
    )


class DirectoryEvents(Listener):
    """Directory's timers, its audit log and its present state."""

    name = "directory"

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._jobs = JobRunner(directory)

    @every(KEYS_SECONDS)
    async def turn_keys(self) -> None:
        await self._directory.keys.turn(self._directory.clock())

    @hears(ActRecorded, prefetch=ACTS_AT_ONCE, idempotent=True)
    async def keep_acts(self, fact: ActRecorded, envelope: Envelope) -> None:
        """Into the audit log; the fact's id is the record's, so that it is there once."""
        await keep_act(self._directory, _record(fact, envelope, fact.outcome, fact.unit_path))

    @hears(MailActRecorded, prefetch=ACTS_AT_ONCE, idempotent=True)
    async def keep_acts_of_mail(self, fact: MailActRecorded, envelope: Envelope) -> None:
        """What administrators do to mail; what stands under no unit, auditors of the whole read."""
        await keep_act(self._directory, _record(fact, envelope, DONE, fact.unit_path))

    @hears(CalendarActRecorded, prefetch=ACTS_AT_ONCE, idempotent=True)
    async def keep_acts_of_calendar(self, fact: CalendarActRecorded, envelope: Envelope) -> None:
        """What administrators and stewards do to rooms, equipment and the meetings of others."""
        await keep_act(self._directory, _record(fact, envelope, DONE, fact.unit_path))

    @every(JOBS_SECONDS)
    async def run_jobs(self) -> None:
        await self._jobs.run()

    @hears(PersonalDataExportRequested, idempotent=True)
    async def export_personal_data(self, fact: PersonalDataExportRequested, _envelope: Envelope) -> None:
        await answer_export(self._directory, fact.request_id)

    @hears(PersonalDataErasureRequested, idempotent=True)
    async def erase_personal_data(self, fact: PersonalDataErasureRequested, _envelope: Envelope) -> None:
        await answer_erasure(self._directory, fact.request_id)

    @hears(PersonalDataExported, PersonalDataErased, idempotent=True)
    async def keep_personal_data(self, fact: PersonalDataExported | PersonalDataErased, envelope: Envelope) -> None:
        """What another service answers."""
        if isinstance(fact, PersonalDataExported):
            await keep_answer(self._directory, fact.request_id, envelope.source, "exported", fact.document)
            return
        says = f"{fact.mailboxes} mailboxes with {fact.messages} messages erased"
        await keep_answer(self._directory, fact.request_id, envelope.source, says)

    @hears(CalendarExported, CalendarErased, idempotent=True)
    async def keep_personal_data_of_calendar(self, fact: CalendarExported | CalendarErased, envelope: Envelope) -> None:
        if isinstance(fact, CalendarExported):
            await keep_answer(self._directory, fact.request_id, envelope.source, "exported", fact.document)
            return
        await keep_answer(self._directory, fact.request_id, envelope.source, "calendars erased")

    @hears(AccountDeleted, idempotent=True)
    async def leave_functions(self, fact: AccountDeleted, _envelope: Envelope) -> None:
        """What somebody held who is no more falls to the next holder, or to the fallback."""
        await leave_functions(self._directory, fact.account.account_id)
        await leave_domains(self._directory, fact.account.account_id)

    @every(HOUR)
    async def delete_departed(self) -> None:
        await delete_departed(self._directory)

    @every(CHECKPOINT_SECONDS)
    async def keep_checkpoint(self) -> None:
        await keep_checkpoint(self._directory)

    @every(SIX_HOURS)
    async def forget_card_deletions(self) -> None:
        await forget_card_deletions(self._directory)

    @every(HOUR)
    async def sweep_photos(self) -> None:
        await sweep_photos(self._directory)

    @every(MOVES_SECONDS)
    async def follow_moves(self) -> None:
        await follow_moves(self._directory)
        await retire_addresses(self._directory)

    @every(APPROVALS_SECONDS)
    async def carry_out_approvals(self) -> None:
        await carry_out_approved(self._directory)
        await expire_approvals(self._directory)

    @every(PURGE_SECONDS)
    async def purge(self) -> None:
        await self._directory.groups.purge()
        await self._directory.functions.purge()

    @announces(AccountCreated)
    async def accounts(self, after: str, limit: int) -> tuple[list[Fact], str]:
        return await accounts_page(self._directory, after, limit)

    @announces(MailboxHandedOver)
    async def departures(self, after: str, limit: int) -> tuple[list[Fact], str]:
        return await departures_page(self._directory, after, limit)

    @announces(UnitCreated)
    async def units(self, after: str, limit: int) -> tuple[list[Fact], str]:
        return await units_page(self._directory, after, limit)

    @announces(GroupChanged)
    async def groups(self, after: str, limit: int) -> tuple[list[Fact], str]:
        return await groups_page(self._directory, after, limit)

    @announces(FunctionAssigned)
    async def functions(self, after: str, limit: int) -> tuple[list[Fact], str]:
        return await functions_page(self._directory, after, limit)

    @announces(DomainChanged)
    async def domains(self, after: str, limit: int) -> tuple[list[Fact], str]:
        return await domains_page(self._directory, after, limit)
