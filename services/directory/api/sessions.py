"""SessionService."""

from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import directory_pb2_grpc as rpc

from chassis.identity import ALGORITHM
from chassis.rpc.moments import moment_or_none
from services.directory.api.messages import session_message, timestamp
from services.directory.api.remote import remote_address, user_agent
from services.directory.api.second import second_of
from services.directory.usecases.confirm_session import confirm_session
from services.directory.usecases.context import Directory
from services.directory.usecases.create_session import create_session
from services.directory.usecases.delete_session import delete_session
from services.directory.usecases.exchange_cookie import create_cookie, exchange_cookie
from services.directory.usecases.list_revocations import list_revocations
from services.directory.usecases.passkey_login import begin_passkey, finish_passkey
from services.directory.usecases.refresh_session import refresh_session
from services.directory.usecases.verify_password import verify_password


class SessionServicer(rpc.SessionServiceServicer):
    """Logging in and out."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def CreateSession(self, request: pb.CreateSessionRequest, context: Any) -> pb.Session:
        return session_message(
            await create_session(
                self._directory, request.address, request.password, remote_address(context), user_agent(context)
            )
        )

    async def ConfirmSession(self, request: pb.ConfirmSessionRequest, context: Any) -> pb.Session:
        return session_message(
            await confirm_session(
                self._directory, request.challenge, second_of(request), remote_address(context), user_agent(context)
            )
        )

    async def BeginPasskey(self, request: pb.BeginPasskeyRequest, context: Any) -> pb.PasskeyCeremony:
        state, options = await begin_passkey(self._directory, request.challenge)
        return pb.PasskeyCeremony(state=state, options_json=options)

    async def FinishPasskey(self, request: pb.FinishPasskeyRequest, context: Any) -> pb.Session:
        return session_message(
            await finish_passkey(
                self._directory, request.state, request.credential_json, remote_address(context), user_agent(context)
            )
        )

    async def RefreshSession(self, request: pb.RefreshSessionRequest, context: Any) -> pb.Session:
        return session_message(await refresh_session(self._directory, request.refresh_token))

    async def DeleteSession(self, request: pb.DeleteSessionRequest, context: Any) -> Empty:
        await delete_session(self._directory)
        return Empty()

    async def CreateCookie(self, request: pb.CreateCookieRequest, context: Any) -> pb.Cookie:
        return pb.Cookie(value=await create_cookie(self._directory))

    async def ExchangeCookie(self, request: pb.ExchangeCookieRequest, context: Any) -> pb.Session:
        return session_message(await exchange_cookie(self._directory, request.value))

    async def VerifyPassword(self, request: pb.VerifyPasswordRequest, context: Any) -> pb.VerifyPasswordResponse:
        verified = await verify_password(
            self._directory, request.address, request.password, request.protocol, request.remote_address[:64]
        )
        account = verified.account
        return pb.VerifyPasswordResponse(
            account_id=account.id,
            address=account.address,
            aliases=account.also_writes_as,
            display_name=account.display_name,
            session_id=verified.session_id,
        )

    async def ListRevocations(self, request: pb.ListRevocationsRequest, context: Any) -> pb.ListRevocationsResponse:
        since = moment_or_none(request, "since")
        return pb.ListRevocationsResponse(
            revocations=[
                pb.Revocation(account_id=ended.account_id, session_id=ended.session_id, time=timestamp(ended.time))
                for ended in await list_revocations(self._directory, since)
            ]
        )

    async def GetKeys(self, request: pb.GetKeysRequest, context: Any) -> pb.GetKeysResponse:
        return pb.GetKeysResponse(
            keys=[
                pb.Key(kid=key.kid, kty="OKP", crv="Ed25519", x=key.x, alg=ALGORITHM, use="sig")
                for key in await self._directory.keys.all()
            ]
        )
