"""The OpenID Connect provider's part of the context of the use cases."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from chassis.documents import Database
from services.directory.client_keys import ClientKeys, KeyFetching
from services.directory.domain.keys import Schedule
from services.directory.key_kinds import EllipticKind, RsaKind
from services.directory.logout_posting import LogoutPosting
from services.directory.refreshing import OPENID, RefreshTokens
from services.directory.sealing import Sealer
from services.directory.settings import Settings
from services.directory.signing import SigningKeys
from services.directory.store import AccountStore, KeyStore
from services.directory.store.authorization_codes import CodeStore
from services.directory.store.clients import ClientStore
from services.directory.store.consents import ConsentStore
from services.directory.store.logouts import LogoutStore


@dataclass(frozen=True)
class OpenId:
    """`keys` sign for clients that know RSA only, `elliptic` for those of ES256; `issuer` is the gateway's URL."""

    issuer: str
    clients: ClientStore
    codes: CodeStore
    consents: ConsentStore
    logouts: LogoutStore
    keys: SigningKeys
    elliptic: SigningKeys
    refresh_tokens: RefreshTokens
    # Posts a logout token to a client's URI; whether it was heard.
    post: Callable[[str, str], Awaitable[bool]]
    # For development: clients with http on loopback addresses.
    loopback: bool = False
    client_keys: ClientKeys = field(default_factory=lambda: ClientKeys(KeyFetching().fetch))

    async def turn_keys(self, now: datetime) -> None:
        """As `SigningKeys.turn`, of the kinds that sign for clients alone."""
        await self.keys.turn(now)
        await self.elliptic.turn(now)


def openid_of(
    settings: Settings, database: Database, accounts: AccountStore, sealer: Sealer, schedule: Schedule
) -> OpenId:
    """The provider on a database."""
    return OpenId(
        issuer=settings.public_url,
        clients=ClientStore(database, accounts),
        codes=CodeStore(database),
        consents=ConsentStore(database),
        logouts=LogoutStore(database),
        keys=SigningKeys(KeyStore(database, "openid_keys"), sealer, schedule, kind=RsaKind()),
        elliptic=SigningKeys(KeyStore(database, "openid_ec_keys"), sealer, schedule, kind=EllipticKind()),
        refresh_tokens=RefreshTokens(sealer, OPENID),
        post=LogoutPosting(loopback=settings.loopback_clients).post,
        loopback=settings.loopback_clients,
        client_keys=ClientKeys(KeyFetching(loopback=settings.loopback_clients).fetch),
    )
