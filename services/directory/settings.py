"""What directory is told by its environment."""

from urllib.parse import urlsplit

from pydantic import Field, FilePath, SecretStr, field_validator

from chassis.settings import Listen, ServiceSettings
from services.directory.domain.accounts import ROLES
from services.directory.domain.policy import Policy, policy_roles
from services.directory.sealing import Sealer


class Settings(ServiceSettings):
    """Beside what every service is told."""

    mongodb_database: str = "directory"
    bucket: str = "directory"
    service_keys: SecretStr = Field(SecretStr(""), validate_default=True)
    # Shown once by whoever installs the platform; it makes the first administrator, and then nothing more.
    first_administrator_secret: SecretStr = SecretStr("")
    # argon2id runs on threads of its own; beyond so many waiting, a login is told to come back.
    password_threads: int = Field(2, ge=1, le=64)
    password_queue: int = Field(64, ge=1, le=10_000)
    # How long a right password of a protocol client is known again without argon2id.
    password_memory_seconds: float = Field(300, ge=0, le=3600)
    # For development: OpenID clients may have http on loopback addresses, not only https.
    loopback_clients: bool = False
    # The account of an agent who left is deleted after so many days, and can be restored until then.
    departed_days: float = Field(180, ge=1, le=3660)
    signing_key_days: float = Field(30, gt=0, le=366)
    # Mail programs log in with app passwords; with the account's own one only where this says so, and never when the
    # account has a second factor.
    protocol_own_password: bool = False
    # Roles that are held only after a login with a second factor: `["administrator", "help_desk"]`.
    second_factor_roles: tuple[str, ...] = ()
    # No failed login is answered sooner. Longer than the slowest hash that may be imported takes.
    password_failure_seconds: float = Field(0.5, ge=0, le=10)
    # The domain that passkeys are made for, and the origins of our pages in it: those of `public_url` where they are
    # empty; and what passkeys show of us.
    passkey_domain: str = Field("", pattern=r"^[a-z0-9.-]{0,253}$")
    passkey_name: str = Field("Espace de travail", min_length=1, max_length=100)
    passkey_origins: tuple[str, ...] = ()

    # Letters of the platform to people: the submission that takes them, what they are from, and what that is called.
    letters_submission: Listen = "localhost:2587"
    letters_sender: str = Field("ne-pas-repondre@gouv.tg", pattern=r"^[a-z0-9._-]{1,64}@[a-z0-9.-]{3,180}$")
    letters_name: str = Field("Espace de travail", min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")

    # LDAP: the name of the whole tree, where it listens, and the certificate that clients see.
    ldap_base: str = Field("dc=gouv,dc=tg", pattern=r"^dc=[a-z0-9-]+(,dc=[a-z0-9-]+)*$")
    ldap_listen: Listen = "127.0.0.1:2389"
    ldaps_listen: Listen = "127.0.0.1:2636"
    public_certificate: FilePath | None = None
    public_key: FilePath | None = None
    # Binding without TLS, for a server that listens on loopback only.
    ldap_plain_login: bool = False
    # Entries of one answer and of one page; entries looked at where no index answers a filter.
    ldap_size_limit: int = Field(500, ge=1, le=10_000)
    ldap_looked_at: int = Field(20_000, ge=100)
    ldap_connections: int = Field(10_000, ge=1)
    ldap_connections_per_address: int = Field(2_000, ge=1)
    # An application binds many connections as one service account.
    ldap_connections_per_account: int = Field(200, ge=1)

    @field_validator("service_keys")
    @classmethod
    def _usable(cls, keys: SecretStr) -> SecretStr:
        Sealer(keys.get_secret_value())
        return keys

    @field_validator("second_factor_roles")
    @classmethod
    def _known(cls, roles: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(policy_roles(roles, ROLES)))

    @property
    def policy(self) -> Policy:
        return Policy(
            protocol_own_password=self.protocol_own_password,
            second_factor_roles=frozenset(self.second_factor_roles),
            failure_seconds=self.password_failure_seconds,
            passkey_domain=self.passkey_domain or urlsplit(self.public_url).hostname or "localhost",
            passkey_name=self.passkey_name,
            passkey_origins=self.passkey_origins or (self.public_url,),
        )
