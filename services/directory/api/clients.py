"""ClientService."""

from datetime import UTC, datetime
from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.directory.v1 import openid_pb2 as pb
from workspace.directory.v1 import openid_pb2_grpc as rpc

from services.directory.api.messages import timestamp
from services.directory.domain.clients import NATIVE, WEB, Client
from services.directory.usecases.context import Directory
from services.directory.usecases.create_client import create_client
from services.directory.usecases.delete_client import delete_client
from services.directory.usecases.get_client import get_client
from services.directory.usecases.list_clients import list_clients
from services.directory.usecases.update_client import FIELDS, rotate_client_secret, update_client

_TYPES = {WEB: pb.APPLICATION_TYPE_WEB, NATIVE: pb.APPLICATION_TYPE_NATIVE}
_TYPE_NAMES = {number: name for name, number in _TYPES.items()} | {pb.APPLICATION_TYPE_UNSPECIFIED: WEB}
_LISTS = ("redirect_uris", "post_logout_redirect_uris", "scopes", "origins")
_SAME = ("name", "client_uri", "unit_id", "backchannel_logout_uri", "jwks", "jwks_uri", "first_party",
         "requests_a_minute", "requests_a_day", "address", "disabled")  # fmt: skip


class ClientServicer(rpc.ClientServiceServicer):
    """Registered applications."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def CreateClient(self, request: pb.CreateClientRequest, context: Any) -> pb.ClientWithSecret:
        client, secret = await create_client(self._directory, client_given(request.client))
        return pb.ClientWithSecret(client=client_message(client), client_secret=secret)

    async def GetClient(self, request: pb.GetClientRequest, context: Any) -> pb.Client:
        return client_message(await get_client(self._directory, request.client_id))

    async def ListClients(self, request: pb.ListClientsRequest, context: Any) -> pb.ListClientsResponse:
        page, following = await list_clients(self._directory, request.unit_id, request.page_size, request.page_token)
        return pb.ListClientsResponse(clients=map(client_message, page), next_page_token=following)

    async def UpdateClient(self, request: pb.UpdateClientRequest, context: Any) -> pb.Client:
        given = client_given(request.client)
        return client_message(await update_client(self._directory, given, list(request.update_mask.paths)))

    async def RotateClientSecret(self, request: pb.RotateClientSecretRequest, context: Any) -> pb.ClientWithSecret:
        client, secret = await rotate_client_secret(self._directory, request.client_id)
        return pb.ClientWithSecret(client=client_message(client), client_secret=secret)

    async def DeleteClient(self, request: pb.DeleteClientRequest, context: Any) -> Empty:
        await delete_client(self._directory, request.client_id)
        return Empty()


def client_given(message: pb.Client) -> Client:
    """What an administrator may say of a client, as it says it; the use case makes it proper."""
    return Client(
        id=message.client_id,
        created_at=datetime.fromtimestamp(0, UTC),
        application_type=_TYPE_NAMES.get(message.application_type, ""),
        grant_types=tuple(message.grant_types),
        auth_method=message.token_endpoint_auth_method,
        signing_alg=message.id_token_signed_response_alg,
        subject_dn=message.tls_client_auth_subject_dn,
        san_dns=message.tls_client_auth_san_dns,
        certificate_bound=message.certificate_bound_tokens,
        **{field: getattr(message, field) for field in _SAME},
        redirect_uris=tuple(message.redirect_uris),
        post_logout_redirect_uris=tuple(message.post_logout_redirect_uris),
        scopes=tuple(message.scopes),
        origins=tuple(message.origins),
    )


def client_message(client: Client) -> pb.Client:
    renamed = {path: getattr(client, field) for path, field in FIELDS.items() if path not in (*_SAME, *_LISTS)}
    return pb.Client(
        client_id=client.id,
        application_type=_TYPES[client.application_type],
        grant_types=client.grant_types,
        token_endpoint_auth_method=client.auth_method,
        account_id=client.account_id,
        created_at=timestamp(client.created_at),
        version=client.version,
        **renamed,
        **{field: getattr(client, field) for field in (*_SAME, *_LISTS)},
    )
