"""The walk over OpenID clients and consents."""

from collections.abc import Iterable

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from workspace.directory.v1 import openid_pb2 as openid

from tests.directory.walking import Victim, Walk


def _client(**given: object) -> openid.Client:
    return openid.Client(**{"name": "Intruse", "redirect_uris": ["https://intruse.example/retour"], **given})


def _updates(v: Victim) -> Iterable[Message]:
    theirs = _client(client_id=v.client_id, scopes=["openid"], disabled=True)
    for path in ("name", "redirect_uris", "scopes", "disabled", "unit_id", "jwks_uri"):
        yield openid.UpdateClientRequest(client=theirs, update_mask=FieldMask(paths=[path]))


def _creations(v: Victim) -> Iterable[Message]:
    for unit_id in (v.unit_id, v.office_id):
        yield openid.CreateClientRequest(client=_client(unit_id=unit_id))
    yield openid.CreateClientRequest(
        client=openid.Client(
            name="Intruse", unit_id=v.office_id, address="intruse@sante.gouv.tg", scopes=["directory.read"],
            grant_types=["client_credentials"],
        )
    )  # fmt: skip


OPENID = {
    "OpenIdService.DescribeAuthorization": Walk(
        lambda v: [openid.DescribeAuthorizationRequest(request=each) for each in ("", v.authorization)]
    ),
    "OpenIdService.GrantConsent": Walk(lambda v: [openid.GrantConsentRequest(request=v.authorization)]),
    "OpenIdService.DenyConsent": Walk(lambda v: [openid.DenyConsentRequest(request=v.authorization)]),
    "OpenIdService.ListConsents": Walk(lambda v: [openid.ListConsentsRequest()]),
    "OpenIdService.RevokeConsent": Walk(lambda v: [openid.RevokeConsentRequest(client_id=v.client_id)]),
    "ClientService.CreateClient": Walk(_creations),
    "ClientService.GetClient": Walk(lambda v: [openid.GetClientRequest(client_id=v.client_id)]),
    "ClientService.ListClients": Walk(
        lambda v: [openid.ListClientsRequest(unit_id=each) for each in ("", v.unit_id, v.office_id)]
    ),
    "ClientService.UpdateClient": Walk(_updates),
    "ClientService.RotateClientSecret": Walk(lambda v: [openid.RotateClientSecretRequest(client_id=v.client_id)]),
    "ClientService.DeleteClient": Walk(lambda v: [openid.DeleteClientRequest(client_id=v.client_id)]),
}
