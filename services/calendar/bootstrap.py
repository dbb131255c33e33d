"""How calendar is put together; the only place that does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.blobs import BlobStore, Bucket, KeyRing, LateBucketPart, Sweeper, connect_objects
from chassis.clamd import Clamd
from chassis.documents import Database, DocumentsPart, connect
from chassis.events import INDEXES as EVENT_INDEXES
from chassis.events import Dispatcher, WorkerPart
from chassis.lifecycle import Process
from chassis.outside import Outside
from chassis.part import Part
from chassis.people import INDEXES as PEOPLE_INDEXES
from chassis.people import People, PeopleListener
from services.calendar.events import CalendarEvents
from services.calendar.files import Files
from services.calendar.settings import Settings
from services.calendar.store import (
    INDEXES,
    WITH_FACTS,
    AppointmentStore,
    AttachmentStore,
    CalendarStore,
    DelegationStore,
    DepartureStore,
    EmptyingStore,
    HandoverStore,
    HoursStore,
    ObjectStore,
    PollStore,
    PreferenceStore,
    PublicationStore,
    ReminderStore,
    ResourceStore,
    SchedulingStore,
    SubscriptionStore,
)
from services.calendar.usecases.context import Agenda, Lists, Options, utc_now
from services.calendar.usecases.listings import Listings

# For a file of some megabytes from a slow server.
FETCH_SECONDS = 60.0
# Here, since the worker's patched sockets are no place for fetching (ADR 72).
FETCH_EVERY_SECONDS = 5.0
ALL_INDEXES = (*INDEXES, *EVENT_INDEXES, *PEOPLE_INDEXES)


@dataclass(frozen=True)
class Wired:
    """What every kind of process is made of."""

    agenda: Agenda
    database: Database
    people: People
    bucket: Bucket

    @property
    def parts(self) -> list[Part]:
        """To be started first: the database with its indexes. The bucket of attached files may come later."""
        return [DocumentsPart(self.database, ALL_INDEXES), LateBucketPart(self.bucket)]


def wire(
    settings: Settings,
    now: Callable[[], datetime] = utc_now,
    database: Database | None = None,
    outside: Outside | None = None,
    lists: Lists | None = None,
) -> Wired:
    """The context of the use cases, on the database that the settings name."""
    known = connect(settings.mongodb_url, settings.mongodb_database) if database is None else database
    people, attachments = People(known), AttachmentStore(known)
    blobs, bucket, ring = known["blobs"], Bucket(connect_objects(settings), settings.bucket), KeyRing.of(settings)
    objects = ObjectStore(known)
    agenda = Agenda(
        calendars=CalendarStore(known),
        emptying=EmptyingStore(known),
        objects=objects,
        listings=Listings(objects),
        polls=PollStore(known),
        preferences=PreferenceStore(known),
        delegations=DelegationStore(known),
        departures=DepartureStore(known),
        handovers=HandoverStore(known),
        hours=HoursStore(known),
        reminders=ReminderStore(known),
        resources=ResourceStore(known),
        scheduling=SchedulingStore(known),
        publications=PublicationStore(known),
        appointments=AppointmentStore(known),
        subscriptions=SubscriptionStore(known),
        attachments=attachments,
        files=Files(
            attachments,
            BlobStore(blobs, bucket, ring),
            Sweeper(blobs, bucket, ring),
            Clamd(settings.clamd, "The file") if settings.clamd else None,
        ),
        people=people,
        options=Options(
            time_zone=settings.time_zone,
            resource_domain=settings.resource_domain,
            horizon=timedelta(days=settings.horizon_days),
            deletions_kept=timedelta(days=settings.deletions_kept_days),
            public_url=settings.public_url,
            attachment_octets=settings.attachment_octets,
        ),
        now=now,
        outside=outside,
        lists=lists,
    )
    return Wired(agenda, known, people, bucket)


async def api(settings: Settings) -> Process:
    """Answers questions by gRPC."""
    # Here, since a worker cannot load gRPC.
    from workspace.directory.v1 import directory_pb2, groups_pb2

    from chassis.authority import Authority
    from chassis.events.deadletter_service import dead_letter_service
    from chassis.identity import Revocations, TokenVerifier
    from chassis.resolver import Resolver
    from chassis.revocation_feed import RevocationFeed
    from chassis.rounds import Rounds
    from chassis.rpc import RpcClient, RpcServer
    from services.calendar.api import servicers
    from services.calendar.directory import DirectoryLists, DirectoryUnits
    from services.calendar.usecases.fetch_subscriptions import fetch_due

    names = Resolver([each for each in settings.dns_servers.split(",") if each], port=settings.dns_port)
    outside = Outside(names, seconds=FETCH_SECONDS) if settings.subscriptions else None
    asked = [each for file in (directory_pb2, groups_pb2) for each in file.DESCRIPTOR.services_by_name.values()]
    client = RpcClient(settings, "directory", settings.directory_rpc, asked)
    wired = wire(settings, outside=outside, lists=DirectoryLists(client))
    authority = Authority(client)
    revocations = Revocations(authority.revocations)
    verifier = TokenVerifier(authority.keys, revocations)
    answering = [*servicers(wired.agenda, DirectoryUnits(client)), dead_letter_service(wired.database)]
    feed = RevocationFeed.alone(revocations, settings.broker_url)
    server = RpcServer(settings, verifier, answering)
    fetching = [Rounds("fetching", lambda: fetch_due(wired.agenda), FETCH_EVERY_SECONDS)] if outside is not None else []
    return Process(settings, *wired.parts, client, revocations, feed, *fetching, server)


async def worker(settings: Settings) -> Process:
    """Publishes calendar's facts, hears others', and makes the rounds."""
    wired = wire(settings)
    return Process(
        settings,
        *wired.parts,
        Dispatcher("calendar", wired.database, settings.broker_url, WITH_FACTS),
        WorkerPart(
            settings.broker_url,
            wired.database,
            CalendarEvents(wired.agenda),
            PeopleListener("calendar", wired.people),
            retry_seconds=settings.event_retries,
        ),
    )
