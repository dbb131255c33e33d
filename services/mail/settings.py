"""What mail is told by its environment."""

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import urlsplit

from pydantic import Field, FilePath, SecretStr, field_validator, model_validator

from chassis.daemons import PLACE
from chassis.settings import Listen, ServiceSettings
from services.mail.domain.envelope import Domains
from services.mail.domain.options import Options
from services.mail.domain.quota import Quota
from services.mail.domain.sending import Allowance
from services.mail.relay.former import FormerServer, former_servers


class Settings(ServiceSettings):
    """Beside what every service is told. Sizes are octets; addresses `host:port`."""

    mongodb_database: str = "mail"
    bucket: str = "mail"
    # Domains that the platform receives for, comma separated; each stands for all below it as well.
    mail_domains: str = Field("gouv.tg", pattern=r"^[a-z0-9.-]+(,[a-z0-9.-]+)*$")
    max_message: int = Field(50 * 1024 * 1024, ge=64 * 1024, le=1024**3)
    # How long expunges are told to clients that come back; after that they compare all UIDs.
    expunges_kept_days: int = Field(60, ge=1, le=3650)

    # How long a letter that a rule holds waits for approval; then it is its sender's draft again.
    approval_days: int = Field(7, ge=1, le=30)
    # How long a letter to a list waits for a moderator; then it ends, and its sender is told.
    moderation_days: int = Field(7, ge=1, le=30)

    # How long what agents delete can be had back; it is not counted in their quotas.
    deleted_kept_days: int = Field(30, ge=1, le=3650)

    # The name by which this platform's mail servers are known, and their certificate.
    hostname: str = Field("localhost", pattern=r"^[A-Za-z0-9.-]{1,255}$")
    public_certificate: FilePath | None = None
    public_key: FilePath | None = None

    smtp_listen: Listen = "127.0.0.1:2525"
    submission_listen: Listen = "127.0.0.1:2587"
    # LMTP for a mail server in front of us: "host:port", for `trusted_networks` alone, or the path of a socket.
    lmtp_listen: str = Field("", pattern=r"^(/.+|[A-Za-z0-9.:\[\]-]+:[0-9]{1,5})?$")
    smtp_connections: int = Field(2000, ge=1)
    # Of one address: a whole ministry submits from one, while other domains' servers come a few at a time.
    smtp_connections_per_address: int = Field(50, ge=1)
    submission_connections_per_address: int = Field(1000, ge=1)
    # Of one network, a minute; beyond them it is put off whomever it writes to.
    smtp_unknown_recipients: int = Field(60, ge=1)
    # Letters within an hour, of one network and of one sender.
    smtp_network_messages_hour: int = Field(5000, ge=1)
    smtp_sender_messages_hour: int = Field(2000, ge=1)
    # Whether strangers are asked to come again in some minutes.
    smtp_greylist: bool = False
    # Servers of DNS, comma separated, that are asked instead of the machine's own, and their port.
    dns_servers: str = Field("", pattern=r"^([0-9A-Fa-f.:]+(,[0-9A-Fa-f.:]+)*)?$")
    dns_port: int = Field(53, ge=1, le=65535)
    # Whether these servers validate DNSSEC and nobody stands between them and us (a resolver of this machine, say):
    # other domains' servers then prove themselves by DANE.
    dns_validates: bool = False
    # Networks, comma separated, whose letters are taken without asking who wrote them: the platform's other servers.
    trusted_networks: str = ""
    # Domains of forwarders, comma separated, that are believed when they vouch for a letter (ARC).
    trusted_sealers: str = ""
    # The most that is done with letters that DMARC fails.
    dmarc_strictest: str = Field("reject", pattern="^(none|quarantine|reject)$")
    # Logging in without TLS, for a server that listens on loopback only.
    submission_plain_login: bool = False
    # Who gets what is written to <postmaster>; postmaster of the first domain when empty.
    postmaster: str = ""

    # ClamAV's daemon, "host:port" or the path of its socket: every message is shown to it before it is taken.
    clamd: str = Field("", pattern=PLACE)
    # rspamd's scanning worker, likewise: every letter from outside is shown to it before it is taken.
    rspamd: str = Field("", pattern=PLACE)
    # Whether images of other servers are fetched for readers who ask to see them; the api needs a way to the internet.
    remote_images: bool = True
    # What an account may keep, unless it or its unit was given another quota: octets, and messages. So near to it, in
    # hundredths, its owner is warned.
    quota_octets: int = Field(10 * 1024**3, ge=1024**2, le=1024**5)
    quota_messages: int = Field(1_000_000, ge=1, le=1024**3)
    quota_warned_at: int = Field(90, ge=50, le=99)
    # Days that letters to a full mailbox are put off before they are refused.
    full_put_off_days: int = Field(3, ge=0, le=30)
    # Recipients that one account may write to: of other domains in an hour and in a day, of all in an hour.
    foreign_recipients_hour: int = Field(300, ge=1)
    foreign_recipients_day: int = Field(1500, ge=1)
    recipients_hour: int = Field(5000, ge=1)

    # Whether agents may have their letters sent on to other domains, by rules or scripts of their own.
    forwarding_outside: bool = True

    imap_listen: Listen = "127.0.0.1:2143"
    imaps_listen: Listen = "127.0.0.1:2993"
    # What the server says of itself to mail programs that ask.
    imap_comment: str = Field(
        "Messagerie de l'administration publique / Mail of the public administration", max_length=1000
    )
    imap_connections: int = Field(50_000, ge=1)
    # A whole ministry may read its mail from one address.
    imap_connections_per_address: int = Field(10_000, ge=1)
    imap_strangers_per_address: int = Field(2_000, ge=1)
    imap_connections_per_account: int = Field(50, ge=1)
    # Logging in without TLS, for a server that listens on loopback only.
    imap_plain_login: bool = False

    managesieve_listen: Listen = "127.0.0.1:2190"
    managesieve_connections: int = Field(5_000, ge=1)
    managesieve_connections_per_address: int = Field(1_000, ge=1)
    managesieve_strangers_per_address: int = Field(200, ge=1)
    managesieve_connections_per_account: int = Field(20, ge=1)
    # Logging in without TLS, for a server that listens on loopback only.
    managesieve_plain_login: bool = False

    # What others are told of our servers' TLS (MTA-STS): "testing" until it is known to be right, then "enforce";
    # "none" takes back what was said; "off" says nothing.
    mta_sts: str = Field("testing", pattern="^(off|none|testing|enforce)$")
    # `smtp://user:password@host:port?tls=required` takes all mail to other domains; without it their own servers do.
    smart_host: SecretStr = SecretStr("")
    # Domains that move here by degrees, comma separated, each with the server that it had:
    # `sante.gouv.tg=smtp://mail.sante.gouv.tg:25?tls=required&network=192.0.2.0/24`. What is for whom nobody has here
    # goes to it, and letters from its networks are taken as those of `trusted_networks` are.
    former_servers: str = ""
    relay_port: int = Field(25, ge=1, le=65535)
    # Whether another domain's DNS may name servers within our own networks.
    relay_private_addresses: bool = False
    relay_at_once: int = Field(20, ge=1, le=1000)

    @field_validator("trusted_networks")
    @classmethod
    def _networks(cls, given: str) -> str:
        for each in _listed(given):
            ip_network(each)
        return given

    @model_validator(mode="after")
    def _former(self) -> "Settings":
        for each in self.formers:
            if not Domains(self.domains).hold(each.domain):
                raise ValueError(f"former_servers: {each.domain} is none of mail_domains")
        return self

    @model_validator(mode="after")
    def _lmtp(self) -> "Settings":
        if self.lmtp_listen and not self.lmtp_listen.startswith("/") and not self.networks:
            raise ValueError("lmtp_listen: a port is for trusted_networks alone, and there are none")
        return self

    @property
    def networks(self) -> list[IPv4Network | IPv6Network]:
        return [ip_network(each) for each in _listed(self.trusted_networks)]

    @property
    def formers(self) -> tuple[FormerServer, ...]:
        return former_servers(self.former_servers)

    @property
    def sealers(self) -> frozenset[str]:
        return frozenset(each.lower() for each in _listed(self.trusted_sealers))

    @property
    def options(self) -> Options:
        return Options(
            allowance=Allowance(self.foreign_recipients_hour, self.foreign_recipients_day, self.recipients_hour),
            forwarding_outside=self.forwarding_outside,
            quota=Quota(self.quota_octets, self.quota_messages, self.quota_warned_at),
            full_put_off=timedelta(days=self.full_put_off_days),
            approval_wait=timedelta(days=self.approval_days),
            moderation_wait=timedelta(days=self.moderation_days),
            deleted_kept=timedelta(days=self.deleted_kept_days),
            max_message=self.max_message,
        )

    @property
    def postmaster_address(self) -> str:
        return self.postmaster or f"postmaster@{self.domains[0]}"

    @property
    def web_host(self) -> str:
        """The name by which browsers reach the platform."""
        return urlsplit(self.public_url).hostname or ""

    @property
    def domains(self) -> tuple[str, ...]:
        return tuple(self.mail_domains.split(","))


def _listed(given: str) -> list[str]:
    return [each.strip() for each in given.split(",") if each.strip()]
