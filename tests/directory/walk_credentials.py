"""How the walk exercises the rpcs of credentials and sessions."""

from workspace.directory.v1 import credentials_pb2 as cred
from workspace.directory.v1 import directory_pb2 as pb
from workspace.directory.v1 import letters_pb2 as letters
from workspace.directory.v1 import recovery_pb2 as rec

from tests.directory.walking import Walk

_NEW = "an entirely new passphrase"
_KINDS = (cred.CODE_PURPOSE_ACTIVATION, cred.CODE_PURPOSE_RESET, cred.CODE_PURPOSE_UNSPECIFIED)
# What names nothing but the caller's own: there is nothing of another's to aim at.
_OWN = Walk(lambda v: [])

LOGINS = {
    "SessionService.ConfirmSession": Walk(
        lambda v: [
            pb.ConfirmSessionRequest(challenge=v.session_id, code="123456"),
            pb.ConfirmSessionRequest(challenge=v.account_id, recovery_code="00000-00000"),
            pb.ConfirmSessionRequest(challenge=v.address, passkey="{}", state=v.account_id),
        ]
    ),
    # Its answer is random and of nobody: that it depends on no address is shown in `test_passkeys.py`.
    "SessionService.BeginPasskey": Walk(lambda v: [pb.BeginPasskeyRequest(challenge=v.session_id)]),
    "SessionService.FinishPasskey": Walk(
        lambda v: [pb.FinishPasskeyRequest(state=v.account_id, credential_json=f'{{"id": "{v.account_id}"}}')]
    ),
}

CREDENTIALS = {
    **{
        f"CredentialService.{name}": _OWN
        for name in (
            "GetFactors", "BeginTotp", "ConfirmTotp", "RemoveTotp", "CreateRecoveryCodes", "BeginPasskeyRegistration",
            "FinishPasskeyRegistration", "ListPasskeys", "ListAppPasswords", "CreateAppPassword", "ListSessions",
            "RevokeOtherSessions",
        )
    },
    "CredentialService.RenamePasskey": Walk(
        lambda v: [cred.RenamePasskeyRequest(id=i, name="Intruse") for i in (v.account_id, v.session_id)]
    ),
    "CredentialService.DeletePasskey": Walk(lambda v: [cred.DeletePasskeyRequest(id=v.account_id)]),
    "CredentialService.DeleteAppPassword": Walk(lambda v: [cred.DeleteAppPasswordRequest(id=v.session_id)]),
    "CredentialService.RevokeSession": Walk(lambda v: [cred.RevokeSessionRequest(id=v.session_id)]),
    "CredentialService.FinishReset": Walk(
        lambda v: [cred.FinishResetRequest(code=c, new_password=_NEW) for c in (v.account_id, v.address)]
    ),
    "CredentialService.Activate": Walk(
        lambda v: [cred.ActivateRequest(code=c, new_password=_NEW) for c in (v.account_id, v.address)]
    ),
    "CredentialService.IssueCode": Walk(
        lambda v: [cred.IssueCodeRequest(account_id=v.account_id, purpose=kind) for kind in _KINDS]
    ),
    "CredentialService.ResetFactors": Walk(lambda v: [cred.ResetFactorsRequest(account_id=v.account_id)]),
    "CredentialService.ListAccountSessions": Walk(
        lambda v: [cred.ListAccountSessionsRequest(account_id=i) for i in (v.account_id, v.administrator_id)]
    ),
    "CredentialService.RevokeAccountSessions": Walk(
        lambda v: [
            cred.RevokeAccountSessionsRequest(account_id=v.account_id, app_passwords=True),
            cred.RevokeAccountSessionsRequest(account_id=v.account_id, session_id=v.session_id),
            cred.RevokeAccountSessionsRequest(account_id=v.own_account_id, session_id=v.session_id),
        ]
    ),
}  # fmt: skip

RECOVERY = {
    "LetterService.CreateLetters": Walk(
        lambda v: [
            letters.CreateLettersRequest(unit_id=v.unit_id),
            letters.CreateLettersRequest(unit_id=v.office_id),
            letters.CreateLettersRequest(account_ids=[v.account_id]),
        ]
    ),
    "LetterService.GetLetters": Walk(lambda v: [letters.GetLettersRequest(id=v.account_id)]),
    "LetterService.DownloadLetters": Walk(lambda v: [letters.DownloadLettersRequest(id=v.account_id)]),
    "RecoveryService.SetRecoveryAddress": Walk(
        lambda v: [rec.SetRecoveryAddressRequest(address=a) for a in (v.address, v.function_address)]
    ),
    "RecoveryService.ConfirmRecoveryAddress": Walk(
        lambda v: [rec.ConfirmRecoveryAddressRequest(code=c) for c in (v.account_id, v.address)]
    ),
    "RecoveryService.RemoveRecoveryAddress": _OWN,
    "RecoveryService.StartReset": Walk(lambda v: [rec.StartResetRequest(address=a) for a in (v.address, v.alias)]),
    "RecoveryService.ConfirmReset": Walk(
        lambda v: [
            rec.ConfirmResetRequest(challenge=v.session_id, code="123456"),
            rec.ConfirmResetRequest(challenge=v.account_id, recovery_code="00000-00000"),
            rec.ConfirmResetRequest(challenge=v.address, passkey="{}", state=v.account_id),
        ]
    ),
}
