"""Directory as mail asks it by gRPC. Not for workers: they do not ask."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from workspace.directory.v1 import directory_pb2, directory_pb2_grpc, domains_pb2, domains_pb2_grpc

from chassis.authority import Authority
from chassis.errors import NotFound, Unauthenticated, Unavailable, WorkspaceError
from chassis.identity import Identity, Revocations, TokenVerifier
from chassis.part import Part
from chassis.revocation_feed import RevocationFeed
from chassis.rpc import RpcClient
from chassis.settings import ServiceSettings
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.envelope import Recipient

# A password that was right opens one connection, which watches for revocations by itself.
CONNECTION_LASTS = timedelta(days=1)


def directory_client(settings: ServiceSettings) -> RpcClient:
    """The channel, a part of the process."""
    files = (directory_pb2.DESCRIPTOR, domains_pb2.DESCRIPTOR)
    services = [each for file in files for each in file.services_by_name.values()]
    return RpcClient(settings, "directory", settings.directory_rpc, services)


class DirectoryRpc:
    """What mail wants to know of directory."""

    def __init__(self, client: RpcClient) -> None:
        self._accounts = directory_pb2_grpc.AccountServiceStub(client.channel)
        self._units = directory_pb2_grpc.UnitServiceStub(client.channel)
        self._sessions = directory_pb2_grpc.SessionServiceStub(client.channel)
        self._domains = domains_pb2_grpc.DomainServiceStub(client.channel)

    async def resolve(self, address: str) -> Recipient:
        """The account that receives for an address. Raises `NotFound`; whatever else goes wrong is `Unavailable`,
        so that no sender is told that an address does not exist because we could not ask."""
        try:
            answer = await self._accounts.ResolveAddress(directory_pb2.ResolveAddressRequest(address=address))
        except (NotFound, Unavailable):
            raise
        except WorkspaceError as error:
            raise Unavailable(f"directory: {error.detail}") from error
        return Recipient(answer.account_id, address, tuple(answer.other_account_ids))

    async def unit(self, unit_id: str) -> Whereabouts:
        """A unit's name, and the path to it and with it, as the identity at hand may know. Raises `NotFound`."""
        found = await self._units.GetUnit(directory_pb2.GetUnitRequest(id=unit_id))
        return Whereabouts(found.name, tuple(found.path))

    async def unit_of_domain(self, domain: str) -> str:
        """The id of the unit that a mail domain is of, as the identity at hand may know. Raises `NotFound`."""
        found = await self._domains.GetDomain(domains_pb2.GetDomainRequest(name=domain))
        return str(found.unit_id)

    async def verify(self, address: str, password: str, protocol: str, remote: str) -> Identity:
        """Who a password proves. Raises `Unauthenticated`, `TooManyRequests` or `Unavailable`."""
        request = directory_pb2.VerifyPasswordRequest(
            address=address, password=password, protocol=protocol, remote_address=remote
        )
        # Before it is asked: what ends while it answers has to end this login too.
        now = datetime.now(UTC)
        answer = await self._sessions.VerifyPassword(request)
        return Identity(
            account_id=answer.account_id,
            address=answer.address,
            session_id=answer.session_id,
            issued_at=now,
            expires_at=now + CONNECTION_LASTS,
            aliases=tuple(answer.aliases),
            name=answer.display_name,
        )


class ProtocolLogin:
    """How the clients of one protocol ("imap", "submission", "sieve") prove who they are."""

    def __init__(
        self, directory: DirectoryRpc, verifier: TokenVerifier, revocations: Revocations, protocol: str
    ) -> None:
        self._directory = directory
        self._verifier = verifier
        self._revocations = revocations
        self._protocol = protocol

    async def password(self, address: str, password: str, remote: str) -> Identity:
        identity = await self._directory.verify(address, password, self._protocol, remote)
        if self._revocations.ended(identity):
            # While directory answered: whoever watches connections does not know of this one yet.
            raise Unauthenticated("The session has ended")
        return identity

    async def token(self, token: str) -> Identity:
        """Whoever was allowed less than all of somebody's mail opens no mailbox, and sends nothing. Raises
        `Unauthenticated`."""
        identity = await self._verifier.verify(token)
        if identity.certificate:
            # Nobody shows a client's certificate here.
            raise Unauthenticated("The token is bound to a certificate that did not come with it")
        if identity.of_platform:
            if self._protocol != "submission":
                raise Unauthenticated("The platform itself only sends")
        elif not identity.allows("mail.write"):
            raise Unauthenticated("The token's scope does not reach so far")
        return identity


@dataclass(frozen=True)
class DirectoryLink:
    """Directory from within a process that may ask it: the channel, what is asked, and who verifies tokens."""

    client: RpcClient
    rpc: DirectoryRpc
    revocations: Revocations
    feed: RevocationFeed
    verifier: TokenVerifier

    @property
    def parts(self) -> list[Part]:
        """To be started before anybody is let in."""
        return [self.client, self.revocations, self.feed]

    def login(self, protocol: str) -> ProtocolLogin:
        return ProtocolLogin(self.rpc, self.verifier, self.revocations, protocol)


def link(settings: ServiceSettings) -> DirectoryLink:
    client = directory_client(settings)
    authority = Authority(client)
    revocations = Revocations(authority.revocations)
    feed = RevocationFeed.alone(revocations, settings.broker_url)
    return DirectoryLink(client, DirectoryRpc(client), revocations, feed, TokenVerifier(authority.keys, revocations))
