"""CredentialService."""

from collections.abc import Sequence
from typing import Any

from google.protobuf.empty_pb2 import Empty
from workspace.directory.v1 import credentials_pb2 as pb
from workspace.directory.v1 import credentials_pb2_grpc as rpc
from workspace.directory.v1 import directory_pb2

from chassis.identity import current_identity
from services.directory.api.messages import timestamp
from services.directory.api.remote import remote_address
from services.directory.domain.app_passwords import AppPassword
from services.directory.domain.factors import Passkey
from services.directory.domain.one_time import ACTIVATION, RESET
from services.directory.domain.sessions import Session
from services.directory.usecases.account_sessions import (
    list_account_sessions,
    reset_factors,
    revoke_account_sessions,
)
from services.directory.usecases.app_passwords import create_app_password, delete_app_password, list_app_passwords
from services.directory.usecases.context import Directory
from services.directory.usecases.get_factors import get_factors
from services.directory.usecases.one_time_codes import issue_code, set_password_by_code
from services.directory.usecases.own_passkeys import (
    begin_registration,
    delete_passkey,
    finish_registration,
    list_passkeys,
    rename_passkey,
)
from services.directory.usecases.own_sessions import list_sessions, revoke_other_sessions, revoke_session
from services.directory.usecases.recovery_codes import create_recovery_codes
from services.directory.usecases.totp_enrolment import begin_totp, confirm_totp, remove_totp

_PURPOSES = {pb.CODE_PURPOSE_ACTIVATION: ACTIVATION, pb.CODE_PURPOSE_RESET: RESET}


class CredentialServicer(rpc.CredentialServiceServicer):
    """How accounts prove who they are, and where they are logged in."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def GetFactors(self, request: pb.GetFactorsRequest, context: Any) -> pb.Factors:
        held = await get_factors(self._directory)
        factors = held.factors
        message = pb.Factors(
            passkeys=map(_passkey, factors.passkeys),
            recovery_codes_left=len(factors.recovery_codes),
            recovery_address=held.recovery_address,
            recovery_address_pending=held.recovery_address_pending,
            second_factor_required=held.second_factor_required,
            own_password_on_protocols=held.own_password_on_protocols,
        )
        if factors.totp is not None:
            message.totp_since.CopyFrom(timestamp(factors.totp.since))
        return message

    async def BeginTotp(self, request: pb.BeginTotpRequest, context: Any) -> pb.TotpEnrolment:
        begun = await begin_totp(self._directory)
        return pb.TotpEnrolment(secret=begun.secret, uri=begun.uri, qr_svg=begun.qr_svg)

    async def ConfirmTotp(self, request: pb.ConfirmTotpRequest, context: Any) -> pb.RecoveryCodes:
        return pb.RecoveryCodes(codes=await confirm_totp(self._directory, request.code, remote_address(context)))

    async def RemoveTotp(self, request: pb.RemoveTotpRequest, context: Any) -> Empty:
        await remove_totp(self._directory)
        return Empty()

    async def CreateRecoveryCodes(self, request: pb.CreateRecoveryCodesRequest, context: Any) -> pb.RecoveryCodes:
        return pb.RecoveryCodes(codes=await create_recovery_codes(self._directory))

    async def BeginPasskeyRegistration(
        self, request: pb.BeginPasskeyRegistrationRequest, context: Any
    ) -> directory_pb2.PasskeyCeremony:
        state, options = await begin_registration(self._directory)
        return directory_pb2.PasskeyCeremony(state=state, options_json=options)

    async def FinishPasskeyRegistration(
        self, request: pb.FinishPasskeyRegistrationRequest, context: Any
    ) -> pb.PasskeyMade:
        made, codes = await finish_registration(self._directory, request.state, request.credential_json, request.name)
        return pb.PasskeyMade(passkey=_passkey(made), recovery_codes=codes)

    async def ListPasskeys(self, request: pb.ListPasskeysRequest, context: Any) -> pb.ListPasskeysResponse:
        return pb.ListPasskeysResponse(passkeys=map(_passkey, await list_passkeys(self._directory)))

    async def RenamePasskey(self, request: pb.RenamePasskeyRequest, context: Any) -> pb.Passkey:
        return _passkey(await rename_passkey(self._directory, request.id, request.name))

    async def DeletePasskey(self, request: pb.DeletePasskeyRequest, context: Any) -> Empty:
        await delete_passkey(self._directory, request.id)
        return Empty()

    async def ListAppPasswords(self, request: pb.ListAppPasswordsRequest, context: Any) -> pb.ListAppPasswordsResponse:
        found = await list_app_passwords(self._directory)
        return pb.ListAppPasswordsResponse(app_passwords=map(_app_password, found))

    async def CreateAppPassword(
        self, request: pb.CreateAppPasswordRequest, context: Any
    ) -> pb.CreateAppPasswordResponse:
        made, secret = await create_app_password(self._directory, request.protocol, request.label)
        return pb.CreateAppPasswordResponse(app_password=_app_password(made), secret=secret)

    async def DeleteAppPassword(self, request: pb.DeleteAppPasswordRequest, context: Any) -> Empty:
        await delete_app_password(self._directory, request.id)
        return Empty()

    async def ListSessions(self, request: pb.ListSessionsRequest, context: Any) -> pb.ListSessionsResponse:
        return _sessions(await list_sessions(self._directory))

    async def RevokeSession(self, request: pb.RevokeSessionRequest, context: Any) -> Empty:
        await revoke_session(self._directory, request.id)
        return Empty()

    async def RevokeOtherSessions(
        self, request: pb.RevokeOtherSessionsRequest, context: Any
    ) -> pb.RevokeOtherSessionsResponse:
        return pb.RevokeOtherSessionsResponse(revoked=await revoke_other_sessions(self._directory))

    async def FinishReset(self, request: pb.FinishResetRequest, context: Any) -> Empty:
        remote = remote_address(context)
        await set_password_by_code(self._directory, RESET, request.code, request.new_password, remote)
        return Empty()

    async def Activate(self, request: pb.ActivateRequest, context: Any) -> Empty:
        remote = remote_address(context)
        await set_password_by_code(self._directory, ACTIVATION, request.code, request.new_password, remote)
        return Empty()

    async def IssueCode(self, request: pb.IssueCodeRequest, context: Any) -> pb.IssuedCode:
        code, until = await issue_code(self._directory, request.account_id, _PURPOSES.get(request.purpose, ""))
        return pb.IssuedCode(code=code, expires_at=timestamp(until))

    async def ResetFactors(self, request: pb.ResetFactorsRequest, context: Any) -> Empty:
        await reset_factors(self._directory, request.account_id)
        return Empty()

    async def ListAccountSessions(
        self, request: pb.ListAccountSessionsRequest, context: Any
    ) -> pb.ListSessionsResponse:
        return _sessions(await list_account_sessions(self._directory, request.account_id))

    async def RevokeAccountSessions(self, request: pb.RevokeAccountSessionsRequest, context: Any) -> Empty:
        await revoke_account_sessions(
            self._directory, request.account_id, request.session_id, app_passwords=request.app_passwords
        )
        return Empty()


def _sessions(sessions: Sequence[Session]) -> pb.ListSessionsResponse:
    current = current_identity().session_id
    return pb.ListSessionsResponse(
        sessions=[
            pb.OpenSession(
                id=session.id,
                created_at=timestamp(session.created_at),
                last_seen_at=timestamp(session.seen_at or session.created_at),
                expires_at=timestamp(session.expires_at),
                user_agent=session.user_agent,
                remote_address=session.remote,
                amr=session.amr,
                client_id=session.client_id,
                current=session.id == current,
            )
            for session in sessions
        ]
    )


def _passkey(passkey: Passkey) -> pb.Passkey:
    message = pb.Passkey(
        id=passkey.id,
        name=passkey.name,
        created_at=timestamp(passkey.created_at),
        backed_up=passkey.backed_up,
    )
    if passkey.last_used_at is not None:
        message.last_used_at.CopyFrom(timestamp(passkey.last_used_at))
    return message


def _app_password(password: AppPassword) -> pb.AppPassword:
    message = pb.AppPassword(
        id=password.id,
        protocol=password.protocol,
        label=password.label,
        created_at=timestamp(password.created_at),
        last_used_from=password.last_used_from,
    )
    if password.last_used_at is not None:
        message.last_used_at.CopyFrom(timestamp(password.last_used_at))
    return message
