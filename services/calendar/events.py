"""What calendar's worker does when facts or time tell it to."""

from workspace.calendar.v1.events_pb2 import SchedulingMessageSent
from workspace.directory.v1.events_pb2 import (
    AccountDeleted,
    AccountSuspended,
    MailboxHandedOver,
    PersonalDataErasureRequested,
    PersonalDataExportRequested,
    UnitChanged,
    UnitDissolved,
    UnitMerged,
    UnitMoved,
)
from workspace.mail.v1.events_pb2 import CalendarPartReceived, InvitationRefused
from workspace.video.v1.events_pb2 import ConferenceReady

from chassis.events import Envelope, Listener, every, hears
from services.calendar.domain.companions import Meeting
from services.calendar.usecases.attachments.sweeping import forget_attachments
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.daily_agenda import write_daily_agendas
from services.calendar.usecases.departures import tend_departures
from services.calendar.usecases.empty_calendars import empty_calendars
from services.calendar.usecases.follow_units import follow_unit
from services.calendar.usecases.forget_deletions import forget_deletions
from services.calendar.usecases.hand_over import tend_handovers
from services.calendar.usecases.keep_holidays import keep_holidays
from services.calendar.usecases.link_conference import link_conference
from services.calendar.usecases.personal_data import erase_personal_data, export_personal_data
from services.calendar.usecases.remind import remind, remind_again
from services.calendar.usecases.retire_resources import retire_resources
from services.calendar.usecases.roll_horizon import roll_horizon
from services.calendar.usecases.scheduling.hearing import hear_message, hear_part, hear_refusal
from services.calendar.usecases.scheduling.incoming import forget_messages
from services.calendar.usecases.stewards import steward_suspended
from services.calendar.usecases.take_time_again import finish_taking_time
from services.calendar.usecases.team_calendars import follow_team
from services.calendar.usecases.tell_of_suspension import tell_of_suspension

# So late a reminder may come.
REMIND_SECONDS = 2.0
# By then a successor has some of the meetings, and what a deleted account kept begins to go.
DEPARTURE_SECONDS = 5.0
# By then whoever was invited to a meeting of a deleted calendar begins to hear that it is off.
EMPTYING_SECONDS = 2.0
SIX_HOURS = 6 * 3600.0


class CalendarEvents(Listener):
    """Every handler may run again: what it does once it does not do twice."""

    name = "calendar"

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    @hears(ConferenceReady, idempotent=True)
    async def link_conference(self, fact: ConferenceReady, _envelope: Envelope) -> None:
        """The video meeting that an event asked for can be joined."""
        meeting = Meeting(fact.conference_id, fact.url, fact.phone, fact.phone_code)
        await link_conference(self._agenda, fact.event_id, meeting)

    @every(REMIND_SECONDS)
    async def remind_first(self) -> None:
        """Tell of what is due. The owners are in four shards, which as many workers may look after."""
        await remind(self._agenda, 0)

    @every(REMIND_SECONDS)
    async def remind_second(self) -> None:
        await remind(self._agenda, 1)

    @every(REMIND_SECONDS)
    async def remind_third(self) -> None:
        await remind(self._agenda, 2)

    @every(REMIND_SECONDS)
    async def remind_fourth(self) -> None:
        await remind(self._agenda, 3)

    @every(REMIND_SECONDS)
    async def remind_again(self) -> None:
        await remind_again(self._agenda)

    @every(60.0)
    async def write_daily_agendas(self) -> None:
        """Write to whoever wishes it what the day brings."""
        await write_daily_agendas(self._agenda)

    @every(3600.0)
    async def roll_horizon(self) -> None:
        """Instances of the coming years are known, however long ago the series began."""
        await roll_horizon(self._agenda)

    @every(3600.0)
    async def keep_holidays(self) -> None:
        """The calendar of national holidays goes with the years, and what a cut-off correction left comes."""
        await keep_holidays(self._agenda)

    @hears(SchedulingMessageSent, idempotent=True)
    async def take_in_message(self, fact: SchedulingMessageSent, envelope: Envelope) -> None:
        """An invitation, an answer or a cancellation comes to whom it is for."""
        await hear_message(self._agenda, envelope.id, fact)

    @hears(CalendarPartReceived, idempotent=True)
    async def take_in_part(self, fact: CalendarPartReceived, envelope: Envelope) -> None:
        """The same, by a letter: from outside, or from a program of somebody here."""
        await hear_part(self._agenda, envelope.id, fact)

    @hears(InvitationRefused, idempotent=True)
    async def note_refusal(self, fact: InvitationRefused, _envelope: Envelope) -> None:
        """Mail could not write to somebody: who organises sees it."""
        await hear_refusal(self._agenda, fact)

    @hears(UnitMoved, UnitChanged, idempotent=True)
    async def place_resources(self, fact: UnitMoved | UnitChanged, envelope: Envelope) -> None:
        """Rooms and equipment, and the calendars of teams, stand where their unit does."""
        await follow_unit(self._agenda, fact.unit_id, fact.path, envelope.version)
        await follow_team(self._agenda, fact.unit_id, fact.path, envelope.version)

    @hears(UnitMerged, UnitDissolved, idempotent=True)
    async def inherit_resources(self, fact: UnitMerged | UnitDissolved, envelope: Envelope) -> None:
        """They are the other unit's, where there is one."""
        if isinstance(fact, UnitMerged):
            heir, path = fact.into_id, fact.into_path
        else:
            heir, path = fact.successor_id, fact.successor_path
        if heir:
            await follow_unit(self._agenda, fact.unit_id, path, envelope.version, heir)
            await follow_team(self._agenda, fact.unit_id, path, envelope.version, heir)

    @every(600.0)
    async def forget_attachments(self) -> None:
        """Files that no event carries any more."""
        await forget_attachments(self._agenda)

    @every(SIX_HOURS)
    async def sweep_files(self) -> None:
        """Reclaim what no attachment names, and bring the rest under the newest service key."""
        await self._agenda.files.sweep()

    @hears(AccountSuspended, idempotent=True)
    async def tell_of_suspension(self, fact: AccountSuspended, envelope: Envelope) -> None:
        """Administrators learn of meetings that nobody looks after any more, and of bookings that nobody else decides
        on; delegates that they can go on."""
        await tell_of_suspension(self._agenda, fact.account.account_id, envelope.id)
        await steward_suspended(self._agenda, fact.account.account_id, envelope.id)

    @every(60.0)
    async def retire_resources(self) -> None:
        """Finish what giving up a room began."""
        await retire_resources(self._agenda)

    @every(EMPTYING_SECONDS)
    async def empty_calendars(self) -> None:
        """Take out what was in calendars that are gone, and say what that calls off."""
        await empty_calendars(self._agenda)

    @every(60.0)
    async def finish_taking_time(self) -> None:
        """Finish what a calendar that began, or ceased, to take its owner's time began."""
        await finish_taking_time(self._agenda)

    @hears(MailboxHandedOver, idempotent=True, announced=True)
    async def name_successor(self, fact: MailboxHandedOver, envelope: Envelope) -> None:
        """The meetings of who left go to who succeeds: a round's work, since there may be many."""
        now = self._agenda.now()
        await self._agenda.departures.name_successor(fact.account_id, fact.successor_id, envelope.version, now)

    @hears(AccountDeleted, idempotent=True)
    async def begin_erasure(self, fact: AccountDeleted, _envelope: Envelope) -> None:
        account = fact.account
        addresses = [account.address, *account.aliases]
        await self._agenda.departures.gone(account.account_id, addresses, self._agenda.now())

    @every(DEPARTURE_SECONDS)
    async def tend_departures(self) -> None:
        """Hand meetings over, and remove what deleted accounts kept."""
        await tend_departures(self._agenda)

    @every(DEPARTURE_SECONDS)
    async def tend_handovers(self) -> None:
        """Give what administrators hand over."""
        await tend_handovers(self._agenda)

    @hears(PersonalDataExportRequested)
    async def export_personal_data(self, fact: PersonalDataExportRequested, _envelope: Envelope) -> None:
        await export_personal_data(self._agenda, fact.request_id, fact.account_id)

    @hears(PersonalDataErasureRequested, idempotent=True)
    async def erase_personal_data(self, fact: PersonalDataErasureRequested, _envelope: Envelope) -> None:
        """Tried again until calendar has heard that the account is gone."""
        await erase_personal_data(self._agenda, fact.request_id, fact.account_id)

    @every(SIX_HOURS)
    async def forget_deletions(self) -> None:
        await forget_deletions(self._agenda)
        await forget_messages(self._agenda)
