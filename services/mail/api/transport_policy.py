"""TransportPolicyService."""

from typing import Any

from workspace.mail.v1 import transport_policy_pb2, transport_policy_pb2_grpc

from services.mail.domain.sts import StsPolicy
from services.mail.usecases import Mail
from services.mail.usecases.transport_policy import transport_policy


class TransportPolicyApi(transport_policy_pb2_grpc.TransportPolicyServiceServicer):
    """Our own policy, the same for every domain of ours."""

    def __init__(self, mail: Mail, policy: StsPolicy | None) -> None:
        self._mail = mail
        self._policy = policy

    async def GetTransportPolicy(
        self, request: transport_policy_pb2.GetTransportPolicyRequest, context: Any
    ) -> transport_policy_pb2.TransportPolicy:
        found = transport_policy(self._mail, self._policy, request.domain)
        return transport_policy_pb2.TransportPolicy(text=found.text)
