"""How mail is put together; the only place that does."""

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from chassis.blobs import BlobStore, Bucket, BucketPart, KeyRing, Sweeper, blob_indexes, connect_objects
from chassis.clamd import Clamd
from chassis.documents import Database, DocumentsPart, connect
from chassis.errors import Unavailable
from chassis.events import INDEXES as EVENT_INDEXES
from chassis.events import Dispatcher, Notifications, WorkerPart
from chassis.lifecycle import Process
from chassis.part import Part
from chassis.people import INDEXES as PEOPLE_INDEXES
from chassis.people import People, PeopleListener
from services.mail.domain.envelope import Domains, Recipient
from services.mail.events import MailEvents
from services.mail.known_people import KnownPeople
from services.mail.relay.callout import ASKING, Callout
from services.mail.relay.transmit import Transmitter
from services.mail.settings import Settings
from services.mail.store import INDEXES, WITH_FACTS, MailStore
from services.mail.store.functions import Functions
from services.mail.store.groups import Groups
from services.mail.store.queue import Queue
from services.mail.usecases import Mail
from services.mail.usecases.context import Directory, Nudge
from services.mail.usecases.transport_policy import own_policy

if TYPE_CHECKING:
    from chassis.resolver import Resolver
    from services.mail.remote_images import RemoteImages
    from services.mail.smtp.policy import Options
    from services.mail.smtp.reception import Reception

ALL_INDEXES = (*INDEXES, *blob_indexes(), *EVENT_INDEXES, *PEOPLE_INDEXES)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Unasked:
    """In place of directory in processes that must not ask it."""

    async def resolve(self, address: str) -> Recipient:
        raise Unavailable(f"nobody is asked for {address} here")


async def unheard(account_ids: Sequence[str], change: Any) -> None:
    """In place of live sessions in processes that change no flags."""


def nudging(notifications: Notifications) -> Nudge:
    """Tell live sessions by the lossy feed."""

    async def nudge(account_ids: Sequence[str], change: Any) -> None:
        notifications.nudge(change, subject=change.mailbox_id, version=change.modseq, audience=account_ids)

    return nudge


@dataclass(frozen=True)
class Wired:
    """What every kind of process is made of."""

    mail: Mail
    database: Database
    bucket: Bucket
    keys: KeyRing
    people: People

    @property
    def parts(self) -> list[Part]:
        """To be started first: the database with its indexes, the bucket."""
        return [DocumentsPart(self.database, ALL_INDEXES), BucketPart(self.bucket)]


def wire(
    settings: Settings,
    *,
    directory: Directory | None = None,
    nudge: Nudge = unheard,
    now: Callable[[], datetime] = utc_now,
    remote_images: "RemoteImages | None" = None,
) -> Wired:
    """The context of the use cases on the database and the bucket that the settings name."""
    database = connect(settings.mongodb_url, settings.mongodb_database)
    bucket = Bucket(connect_objects(settings), settings.bucket)
    keys, people = KeyRing.of(settings), People(database)
    mail = Mail(
        store=MailStore(database),
        blobs=BlobStore(database["blobs"], bucket, keys),
        keys=keys,
        people=KnownPeople(people, Functions(database), Groups(database)),
        directory=directory or Unasked(),
        queue=Queue(database, now),
        nudge=nudge,
        domains=Domains(settings.domains),
        now=now,
        host=settings.hostname,
        web_url=settings.public_url,
        postmaster=settings.postmaster_address,
        former=Callout(settings.formers, Transmitter(settings.hostname, ASKING)) if settings.former_servers else None,
        malware=Clamd(settings.clamd) if settings.clamd else None,
        remote_images=remote_images,
        options=settings.options,
    )
    return Wired(mail, database, bucket, keys, people)


async def api(settings: Settings) -> Process:
    """Answers questions by gRPC."""
    # Here, since a worker cannot load gRPC.
    from chassis.events.deadletter_service import dead_letter_service
    from chassis.rpc import RpcServer
    from services.mail.api import Surroundings, servicers
    from services.mail.directory import link
    from services.mail.remote_images import RemoteImages

    directory, notifications, names = link(settings), Notifications(settings.broker_url), resolver(settings)
    images = RemoteImages(names) if settings.remote_images else None
    wired = wire(settings, directory=directory.rpc, nudge=nudging(notifications), remote_images=images)
    policy = own_policy(settings.mta_sts, settings.hostname)
    around = Surroundings(names, directory.rpc, settings.hostname, settings.web_host, policy)
    answering = [*servicers(wired.mail, around), dead_letter_service(wired.database)]
    server = RpcServer(settings, directory.verifier, answering)
    return Process(settings, *wired.parts, *directory.parts, notifications, server)


async def worker(settings: Settings) -> Process:
    """Publishes mail's facts, hears others', and makes the rounds."""
    wired = wire(settings)
    sweeper = Sweeper(wired.database["blobs"], wired.bucket, wired.keys)
    events = MailEvents(wired.mail, wired.people, sweeper, timedelta(days=settings.expunges_kept_days))
    return Process(
        settings,
        *wired.parts,
        Dispatcher("mail", wired.database, settings.broker_url, WITH_FACTS),
        WorkerPart(
            settings.broker_url,
            wired.database,
            events,
            PeopleListener("mail", wired.people),
            retry_seconds=settings.event_retries,
        ),
    )


def public_tls(settings: Settings) -> ssl.SSLContext | None:
    """TLS of the servers that mail programs and other domains connect to; none without a certificate."""
    # Here, since it brings gRPC with it, which a worker cannot load.
    from chassis.tls import public_context

    if settings.public_certificate is None or settings.public_key is None:
        return None
    return public_context(settings.public_certificate, settings.public_key)


def resolver(settings: Settings) -> "Resolver":
    """DNS, as the settings say whom to ask."""
    # Here, since the worker needs none.
    from chassis.resolver import Resolver

    return Resolver(
        [each for each in settings.dns_servers.split(",") if each],
        port=settings.dns_port,
        validating=settings.dns_validates,
    )


async def smtp(settings: Settings) -> Process:
    """Receives from other domains, and from our accounts."""
    from chassis.rates import Rate
    from chassis.settings import host_port
    from services.mail.directory import link
    from services.mail.rspamd import Rspamd
    from services.mail.smtp.examination import Examiner
    from services.mail.smtp.flow import Flow
    from services.mail.smtp.policy import Options
    from services.mail.smtp.reception import Reception
    from services.mail.smtp.server import SmtpServer
    from services.mail.smtp.submission import Submission

    directory = link(settings)
    wired = wire(settings, directory=directory.rpc)
    tls = public_tls(settings)
    received = Options(
        host=settings.hostname,
        max_message=settings.max_message,
        connections=settings.smtp_connections,
        connections_per_address=settings.smtp_connections_per_address,
    )
    submitted = replace(
        received,
        connections_per_address=settings.submission_connections_per_address,
        plain_login=settings.submission_plain_login,
        holds=True,
    )
    reception = Reception(
        wired.mail,
        Rate("unknown-recipients", settings.smtp_unknown_recipients),
        Examiner(
            resolver(settings),
            settings.hostname,
            wired.mail.domains,
            [*settings.networks, *(network for each in settings.formers for network in each.networks)],
            settings.sealers,
            settings.dmarc_strictest,
        ),
        Rspamd(settings.rspamd) if settings.rspamd else None,
        flow=Flow(
            Rate("network-messages", settings.smtp_network_messages_hour, seconds=3600),
            Rate("sender-messages", settings.smtp_sender_messages_hour, seconds=3600),
        ),
        greylists=settings.smtp_greylist,
    )
    submission = Submission(wired.mail, directory.login("submission"))
    return Process(
        settings,
        *wired.parts,
        # Before directory is asked for anything: it being away is no reason not to receive for whom we know.
        SmtpServer("smtp", *host_port(settings.smtp_listen), reception, received, tls),
        *_lmtp(settings, reception, received, tls),
        *directory.parts,
        SmtpServer(
            "submission", *host_port(settings.submission_listen), submission, submitted, tls, directory.revocations
        ),
    )


def _lmtp(settings: Settings, reception: "Reception", received: "Options", tls: ssl.SSLContext | None) -> list[Part]:
    """Where a mail server in front of us hands over, if the settings name it."""
    from chassis.settings import host_port
    from services.mail.smtp.lmtp import LocalDelivery
    from services.mail.smtp.server import SmtpServer

    if not settings.lmtp_listen:
        return []
    at_once = settings.smtp_connections
    options = replace(received, lmtp=True, networks=settings.networks, connections_per_address=at_once)
    policy = LocalDelivery(reception.mail, reception.examiner)
    path = settings.lmtp_listen if settings.lmtp_listen.startswith("/") else ""
    place = (path, 0) if path else host_port(settings.lmtp_listen)
    return [SmtpServer("lmtp", *place, policy, options, None if path else tls)]


async def imap(settings: Settings) -> Process:
    """Serves mailboxes to mail programs."""
    from chassis.settings import host_port
    from services.mail.directory import link
    from services.mail.imap.ports import Options
    from services.mail.imap.server import ImapServer

    notifications = Notifications(settings.broker_url, ["mail"])

    def listen(account_id: str, changed: Callable[[], None]) -> Callable[[], None]:
        return notifications.listen(account_id, lambda _: changed())

    directory = link(settings)
    wired = wire(settings, directory=directory.rpc, nudge=nudging(notifications))
    tls = public_tls(settings)
    options = Options(
        max_message=settings.max_message,
        plain_login=settings.imap_plain_login,
        starttls=tls is not None,
        connections=settings.imap_connections,
        connections_per_address=settings.imap_connections_per_address,
        strangers_per_address=settings.imap_strangers_per_address,
        connections_per_account=settings.imap_connections_per_account,
        comment=settings.imap_comment,
        admin=f"mailto:{settings.postmaster_address}",
    )
    server = ImapServer(
        wired.mail,
        directory.login("imap"),
        listen,
        options,
        tls=tls,
        listen=host_port(settings.imap_listen),
        listen_tls=host_port(settings.imaps_listen),
        revocations=directory.revocations,
    )
    return Process(settings, *wired.parts, *directory.parts, notifications, server)


async def managesieve(settings: Settings) -> Process:
    """Keeps Sieve scripts for mail programs."""
    from chassis.settings import host_port
    from services.mail.directory import link
    from services.mail.managesieve.ports import Options
    from services.mail.managesieve.server import ManageSieveServer

    directory = link(settings)
    wired = wire(settings, directory=directory.rpc)
    tls = public_tls(settings)
    options = Options(
        plain_login=settings.managesieve_plain_login,
        starttls=tls is not None,
        connections=settings.managesieve_connections,
        connections_per_address=settings.managesieve_connections_per_address,
        strangers_per_address=settings.managesieve_strangers_per_address,
        connections_per_account=settings.managesieve_connections_per_account,
    )
    server = ManageSieveServer(
        wired.mail,
        directory.login("sieve"),
        options,
        tls=tls,
        listen=host_port(settings.managesieve_listen),
        revocations=directory.revocations,
    )
    return Process(settings, *wired.parts, *directory.parts, server)


async def relay(settings: Settings) -> Process:
    """Takes what waits in the queue to other domains."""
    from chassis.events.leases import Turns
    from chassis.rounds import RoundsByTurns
    from services.mail.relay.former import Moving
    from services.mail.relay.https import Https
    from services.mail.relay.relay import Options, Relay
    from services.mail.relay.route import MailExchangers, Router, SmartHost
    from services.mail.relay.secured import Secured
    from services.mail.relay.signing import Signer
    from services.mail.relay.sts import REFRESH_SECONDS, Sts
    from services.mail.relay.tls_reports import ROUND_SECONDS, TlsReports

    wired, names = wire(settings), resolver(settings)
    smart_host = settings.smart_host.get_secret_value()
    private = settings.relay_private_addresses
    https = Https(names, private_addresses=private)
    sts = Sts(wired.mail.store.sts_policies, names, https, wired.mail.now)
    results = TlsReports(wired.mail, names, https, settings.hostname, f"tls-reports@{settings.domains[0]}")
    router: Router = (
        SmartHost.parse(smart_host)
        if smart_host
        else Secured(MailExchangers(names, port=settings.relay_port, private_addresses=private), names, sts, results)
    )
    queue = Queue(wired.database, wired.mail.now)
    router = Moving(router, settings.formers)
    apart = frozenset(each.domain for each in settings.formers)
    options = Options(settings.hostname, settings.relay_at_once, smart_host=bool(smart_host), apart=apart)
    signer = Signer(wired.mail, names)
    relaying = Relay(wired.mail, queue, router, Transmitter(settings.hostname, results=results), signer, options)
    refreshes = Turns(wired.database, "mail.sts_refresh", REFRESH_SECONDS)
    reports = Turns(wired.database, "mail.tls_reports", ROUND_SECONDS)
    refreshing = RoundsByTurns("sts-refresh", sts.refresh, refreshes)
    reporting = RoundsByTurns("tls-reports", results.report_due, reports)
    return Process(settings, *wired.parts, relaying, refreshing, reporting)
