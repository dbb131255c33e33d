"""IdentityService."""

from typing import Any

from workspace.mail.v1 import identities_pb2 as pb
from workspace.mail.v1 import identities_pb2_grpc

from chassis.identity import current_identity
from services.mail.api.ids import sender_of
from services.mail.api.masks import check_mask
from services.mail.domain.composing.identities import Identity
from services.mail.usecases import Mail
from services.mail.usecases.identities import list_identities, update_identity
from services.mail.usecases.write_as import writable_addresses

CHANGEABLE = ("name", "signature_text", "signature_html", "default")


class IdentityApi(identities_pb2_grpc.IdentityServiceServicer):
    """As whom the caller writes."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def ListIdentities(self, request: pb.ListIdentitiesRequest, context: Any) -> pb.ListIdentitiesResponse:
        caller = current_identity()
        addresses = await writable_addresses(self._mail, sender_of(caller), caller.name)
        found = await list_identities(self._mail, caller.account_id, addresses)
        return pb.ListIdentitiesResponse(identities=map(_identity, found))

    async def UpdateIdentity(self, request: pb.UpdateIdentityRequest, context: Any) -> pb.Identity:
        check_mask(request.update_mask, CHANGEABLE)
        caller, said = current_identity(), request.identity
        addresses = await writable_addresses(self._mail, sender_of(caller), caller.name)
        given = Identity(said.address, said.name, said.signature_text, said.signature_html, said.default)
        fields = list(request.update_mask.paths) or list(CHANGEABLE)
        return _identity(await update_identity(self._mail, caller.account_id, addresses, given, fields))


def _identity(found: Identity) -> pb.Identity:
    return pb.Identity(
        address=found.address,
        name=found.name,
        signature_text=found.signature_text,
        signature_html=found.signature_html,
        default=found.default,
    )
