"""JudgingService."""

from typing import Any

from workspace.mail.v1 import judging_pb2, judging_pb2_grpc, mail_pb2

from chassis.errors import InvalidInput
from chassis.identity import current_identity
from services.mail.api.convert import message
from services.mail.api.ids import meant
from services.mail.api.masks import check_mask
from services.mail.usecases import Mail
from services.mail.usecases.judge import Verdict, judge

_VERDICTS = {judging_pb2.Verdict.Value(f"VERDICT_{each.name}"): each for each in Verdict}


class JudgingApi(judging_pb2_grpc.JudgingServiceServicer):
    """What agents say of the letters that they get."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def JudgeMessage(self, request: judging_pb2.JudgeMessageRequest, context: Any) -> mail_pb2.Message:
        verdict = _VERDICTS.get(request.verdict)
        if verdict is None:
            raise InvalidInput("Say what the message is", fields={"verdict": "junk, not junk or phishing"})
        identity = current_identity()
        found = await judge(self._mail, identity.account_id, identity.address, *meant(request.id), verdict)
        return message(found)

    async def GetJunkSettings(
        self, request: judging_pb2.GetJunkSettingsRequest, context: Any
    ) -> judging_pb2.JunkSettings:
        return await self._settings()

    async def UpdateJunkSettings(
        self, request: judging_pb2.UpdateJunkSettingsRequest, context: Any
    ) -> judging_pb2.JunkSettings:
        check_mask(request.update_mask, ("digest",))
        await self._mail.store.digests.want(current_identity().account_id, request.settings.digest)
        return await self._settings()

    async def _settings(self) -> judging_pb2.JunkSettings:
        wanted = await self._mail.store.digests.wanted(current_identity().account_id)
        return judging_pb2.JunkSettings(digest=wanted)
