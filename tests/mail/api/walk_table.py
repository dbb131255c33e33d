"""The requests by which people reach their mail, aimed at ids of another account's things, and how they are refused.

A rpc that is missing here fails `test_isolation.py`.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from google.api.httpbody_pb2 import HttpBody
from workspace.mail.v1 import (
    auditing_pb2,
    browsing_pb2,
    domains_pb2,
    drafts_pb2,
    functions_pb2,
    identities_pb2,
    imports_pb2,
    journals_pb2,
    judging_pb2,
    leaving_pb2,
    letter_approvals_pb2,
    lists_pb2,
    mail_pb2,
    matters_pb2,
    pools_pb2,
    queue_pb2,
    quotas_pb2,
    reading_pb2,
    receipts_pb2,
    recovery_pb2,
    reports_pb2,
    retention_pb2,
    rules_pb2,
    scheduled_pb2,
    sharing_pb2,
)

from tests.mail.house import letter

# All but the transport policy, which everybody may read.
FILES = (
    mail_pb2, reading_pb2, judging_pb2, drafts_pb2, identities_pb2, browsing_pb2, imports_pb2, scheduled_pb2,
    sharing_pb2, rules_pb2, queue_pb2, quotas_pb2, domains_pb2, reports_pb2,
    recovery_pb2, leaving_pb2, letter_approvals_pb2, lists_pb2, pools_pb2, functions_pb2, receipts_pb2, matters_pb2,
    auditing_pb2, retention_pb2, journals_pb2,
)  # fmt: skip
NOBODY, LIST = "01JNOBODYS0000000000000000", "01JLIST0000000000000000000"
ADDRESS, FRIEND = "agent1@numerique.gouv.tg", "agent3@sante.gouv.tg"


@dataclass(frozen=True)
class Ids:
    """Whose they are aside."""

    mailbox: str
    message: str
    draft: str
    upload: str
    conversation: str
    held: str
    deleted: str
    account: str
    # The account's, of which a delegate is known; its domain; a script's name.
    address: str
    domain: str
    script: str
    unit: str
    # A letter that waits for approval, one to a list that waits for a moderator, and the list.
    awaiting: str
    moderated: str
    group: str
    # A mailbox of whoever asks.
    own: str
    modseq: int = 1

    def named_by(self, owner: str) -> "Ids":
        """As somebody else names what is shared."""
        named: dict[str, Any] = {
            name: f"{owner}.{getattr(self, name)}" for name in ("mailbox", "message", "conversation", "deleted")
        }
        return replace(self, **named)

    def blank(self) -> "Ids":
        """The same with ids that nobody has."""
        names = "mailbox", "message", "draft", "upload", "conversation", "held", "deleted", "account", "script", "unit"
        names = (*names, "awaiting", "moderated", "group")
        nobodys: dict[str, Any] = {
            **dict.fromkeys(names, NOBODY),
            "address": "personne@gouv.tg",
            "domain": "personne.gouv.tg",
        }
        return replace(self, modseq=1, **nobodys)

    @property
    def all(self) -> tuple[str, ...]:
        named = self.mailbox, self.message, self.draft, self.upload, self.conversation, self.held, self.deleted
        return *named, self.script, self.awaiting, self.moderated, self.group


def uploaded(kind: Any, **first: Any) -> list[Any]:
    return [kind(source=HttpBody(data=letter("Intrus")), **first), kind(last=True)]


# Requests of each rpc; none for those that take no id of anything.
WALK: dict[str, Callable[[Ids], list[Any]]] = {
    "ListMailboxes": lambda ids: [],
    "CreateMailbox": lambda ids: [],
    "SendMessage": lambda ids: [],
    "UpdateMailbox": lambda ids: [
        mail_pb2.UpdateMailboxRequest(mailbox=mail_pb2.Mailbox(id=ids.mailbox, name="Pris")),
    ],
    "DeleteMailbox": lambda ids: [mail_pb2.DeleteMailboxRequest(id=ids.mailbox)],
    "ListMessages": lambda ids: [mail_pb2.ListMessagesRequest(mailbox=ids.mailbox)],
    "GetMessage": lambda ids: [mail_pb2.GetMessageRequest(id=ids.message)],
    "GetMessageSource": lambda ids: [mail_pb2.GetMessageSourceRequest(id=ids.message)],
    "GetAttachment": lambda ids: [mail_pb2.GetAttachmentRequest(id=ids.message, part="2")],
    "AppendMessage": lambda ids: [uploaded(mail_pb2.AppendMessageRequest, mailbox_id=ids.mailbox)],
    "UpdateMessage": lambda ids: [
        mail_pb2.UpdateMessageRequest(message=mail_pb2.Message(id=ids.message, flags=["\\Seen"])),
    ],
    "MoveMessage": lambda ids: [mail_pb2.MoveMessageRequest(id=ids.message, mailbox_id=ids.mailbox)],
    "DeleteMessage": lambda ids: [mail_pb2.DeleteMessageRequest(id=ids.message)],
    "GetReceipt": lambda ids: [receipts_pb2.GetReceiptRequest(id=ids.message)],
    "AnswerReceipt": lambda ids: [receipts_pb2.AnswerReceiptRequest(id=ids.message, confirmed=True)],
    "GetReceiptPolicy": lambda ids: [receipts_pb2.GetReceiptPolicyRequest(unit_id=ids.unit)],
    "SetReceiptPolicy": lambda ids: [receipts_pb2.SetReceiptPolicyRequest(unit_id=ids.unit)],
    "GetReceiptSettings": lambda ids: [],
    "UpdateReceiptSettings": lambda ids: [],
    "JudgeMessage": lambda ids: [
        judging_pb2.JudgeMessageRequest(id=ids.message, verdict=verdict) for verdict in (1, 2, 3)
    ],
    "BeginImport": lambda ids: [],
    "ListImports": lambda ids: [],
    "ListMissing": lambda ids: [imports_pb2.ListMissingRequest(import_id=ids.message, keys=["a"])],
    "ImportMessage": lambda ids: [
        uploaded(imports_pb2.ImportMessageRequest, import_id=each, mailbox="INBOX", key="a")
        for each in (ids.message, ids.mailbox)
    ],
    "ListRecoverable": lambda ids: [],
    "RestoreMessages": lambda ids: [recovery_pb2.RestoreMessagesRequest(ids=[ids.deleted])],
    "RestorePeriod": lambda ids: [recovery_pb2.RestorePeriodRequest(address=ids.address)],
    "GetJunkSettings": lambda ids: [],
    "UpdateJunkSettings": lambda ids: [],
    "GetMessageContent": lambda ids: [
        reading_pb2.GetMessageContentRequest(id=ids.message, remote_images=remote) for remote in (False, True)
    ],
    "GetRemoteImage": lambda ids: [reading_pb2.GetRemoteImageRequest(id=ids.message, number=1)],
    "GetAttachedFile": lambda ids: [reading_pb2.GetAttachedFileRequest(id=ids.message, part="2", file=1)],
}


def _attaching(ids: Ids) -> list[drafts_pb2.DraftAttachment]:
    """Whatever could be got by attaching it to a draft of one's own."""
    parts = [drafts_pb2.MessagePart(message_id=ids.message, part=part) for part in ("", "2")]
    whole = [drafts_pb2.DraftAttachment(message_part=part) for part in parts]
    return [*whole, drafts_pb2.DraftAttachment(upload_id=ids.upload)]


def _created(ids: Ids) -> list[Any]:
    answer = drafts_pb2.Answer(kind=drafts_pb2.Answer.KIND_REPLY, message_id=ids.message)
    drafts = [drafts_pb2.Draft(attachments=[each]) for each in _attaching(ids)]
    return [drafts_pb2.CreateDraftRequest(draft=each) for each in (*drafts, drafts_pb2.Draft(answer=answer))]


WALK |= {
    "CreateDraft": _created,
    "GetDraft": lambda ids: [drafts_pb2.GetDraftRequest(id=ids.draft)],
    "ReplaceDraft": lambda ids: [
        drafts_pb2.ReplaceDraftRequest(draft=drafts_pb2.Draft(id=ids.draft, modseq=ids.modseq, text="Pris")),
    ],
    "SendDraft": lambda ids: [drafts_pb2.SendDraftRequest(id=ids.draft)],
    "PrepareAnswer": lambda ids: [
        drafts_pb2.PrepareAnswerRequest(id=ids.message, kind=drafts_pb2.Answer.KIND_FORWARD),
    ],
    "ListChanges": lambda ids: [browsing_pb2.ListChangesRequest(mailbox_id=ids.mailbox)],
    "ModifyMessages": lambda ids: [
        browsing_pb2.ModifyMessagesRequest(ids=[ids.message], flags=browsing_pb2.FlagChange(add=["\\Seen"])),
        browsing_pb2.ModifyMessagesRequest(ids=[ids.message], delete=True),
        browsing_pb2.ModifyMessagesRequest(ids=[ids.message], move_to=ids.own),
        browsing_pb2.ModifyMessagesRequest(ids=[ids.message], move_to=ids.mailbox),
    ],
    "ListConversations": lambda ids: [browsing_pb2.ListConversationsRequest(mailbox=ids.mailbox)],
    "GetConversation": lambda ids: [browsing_pb2.GetConversationRequest(id=ids.conversation)],
    "SearchMessages": lambda ids: [browsing_pb2.SearchMessagesRequest(mailbox=ids.mailbox, text="secret")],
    "CreateUpload": lambda ids: [],
    "ListIdentities": lambda ids: [],
    # An address is no id that anybody could find: the owner's, and one of nobody.
    "UpdateIdentity": lambda ids: [
        identities_pb2.UpdateIdentityRequest(identity=identities_pb2.Identity(address=ids.address, name="Pris")),
    ],
    "GetUpload": lambda ids: [drafts_pb2.GetUploadRequest(id=ids.upload)],
    "PutUploadPiece": lambda ids: [
        [
            drafts_pb2.PutUploadPieceRequest(id=ids.upload, piece=HttpBody(data=b"pris")),
            drafts_pb2.PutUploadPieceRequest(last=True),
        ],
    ],
    "DeleteUpload": lambda ids: [drafts_pb2.DeleteUploadRequest(id=ids.upload)],
}

WALK |= {
    "ListScheduled": lambda ids: [],
    "CancelScheduled": lambda ids: [scheduled_pb2.CancelScheduledRequest(id=ids.held)],
    "RescheduleScheduled": lambda ids: [scheduled_pb2.RescheduleScheduledRequest(id=ids.held)],
    "ListSharedMailboxes": lambda ids: [],
    "ListGrants": lambda ids: [sharing_pb2.ListGrantsRequest(mailbox_id=ids.mailbox)],
    "PutGrant": lambda ids: [
        sharing_pb2.PutGrantRequest(mailbox_id=ids.mailbox, grant=sharing_pb2.Grant(address=address, rights=rights))
        for address, rights in ((FRIEND, "lr"), ("agent2@sante.gouv.tg", "lrswipkxtea"), ("personne", "?"))
    ],
    "DeleteGrant": lambda ids: [
        sharing_pb2.DeleteGrantRequest(mailbox_id=ids.mailbox, address=each) for each in (FRIEND, "personne")
    ],
    "ListNames": lambda ids: [],
    "ListDelegates": lambda ids: [sharing_pb2.ListDelegatesRequest(name=ids.address)],
    "PutDelegate": lambda ids: [
        sharing_pb2.PutDelegateRequest(
            name=ids.address, delegate=sharing_pb2.Delegate(address=each, capacity=sharing_pb2.CAPACITY_AS)
        )
        for each in (FRIEND, "agent2@sante.gouv.tg", "personne")
    ],
    "DeleteDelegate": lambda ids: [
        sharing_pb2.DeleteDelegateRequest(name=ids.address, address=each) for each in (FRIEND, "personne")
    ],
    "GetRules": lambda ids: [],
    "UpdateRules": lambda ids: [],
    "ListScripts": lambda ids: [],
    "ActivateScript": lambda ids: [rules_pb2.ActivateScriptRequest(name=ids.script)],
    "CheckScript": lambda ids: [],
    "ListQueueEntries": lambda ids: [queue_pb2.ListQueueEntriesRequest(sender=ids.address)],
    "ListQueueDestinations": lambda ids: [queue_pb2.ListQueueDestinationsRequest()],
    "GetQueueEntry": lambda ids: [queue_pb2.GetQueueEntryRequest(id=ids.held)],
    "HoldQueueEntry": lambda ids: [queue_pb2.HoldQueueEntryRequest(id=ids.held)],
    "ReleaseQueueEntry": lambda ids: [queue_pb2.ReleaseQueueEntryRequest(id=ids.held)],
    "RetryQueueEntry": lambda ids: [queue_pb2.RetryQueueEntryRequest(id=ids.held)],
    "DropQueueEntry": lambda ids: [queue_pb2.DropQueueEntryRequest(id=ids.held)],
    "GetOwnUsage": lambda ids: [],
    "GetAccountAllotment": lambda ids: [quotas_pb2.GetAccountAllotmentRequest(account_id=ids.account)],
    "SetAccountAllotment": lambda ids: [
        quotas_pb2.SetAccountAllotmentRequest(account_id=ids.account, given=quotas_pb2.Allotment(octets=1)),
    ],
    "RecountUsage": lambda ids: [quotas_pb2.RecountUsageRequest(account_id=ids.account)],
    "LiftSendingLimit": lambda ids: [quotas_pb2.LiftSendingLimitRequest(account_id=ids.account)],
    "GetUnitAllotment": lambda ids: [quotas_pb2.GetUnitAllotmentRequest(unit_id=ids.unit)],
    "SetUnitAllotment": lambda ids: [
        quotas_pb2.SetUnitAllotmentRequest(unit_id=ids.unit, given=quotas_pb2.Allotment(octets=1)),
    ],
    "OpenJournal": lambda ids: [
        journals_pb2.OpenJournalRequest(to=["archive@example.org"], unit_id=ids.unit),
        journals_pb2.OpenJournalRequest(to=["archive@example.org"], address=ADDRESS),
        journals_pb2.OpenJournalRequest(to=["archive@example.org"], domain=ids.domain),
    ],
    "ListJournals": lambda ids: [journals_pb2.ListJournalsRequest()],
    "EndJournal": lambda ids: [journals_pb2.EndJournalRequest(id=ids.account)],
    "GetOwnJournaling": lambda ids: [],
    "GetOwnRetention": lambda ids: [],
    "GetAccountRetention": lambda ids: [retention_pb2.GetAccountRetentionRequest(account_id=ids.account)],
    "SetAccountRetention": lambda ids: [
        retention_pb2.SetAccountRetentionRequest(account_id=ids.account, given=retention_pb2.Retention(trash_days=1)),
    ],
    "GetUnitRetention": lambda ids: [retention_pb2.GetUnitRetentionRequest(unit_id=ids.unit)],
    "SetUnitRetention": lambda ids: [
        retention_pb2.SetUnitRetentionRequest(unit_id=ids.unit, given=retention_pb2.Retention(trash_days=1)),
    ],
    "ListEndedFunctions": lambda ids: [functions_pb2.ListEndedFunctionsRequest(unit_id=ids.unit)],
    "HandOverFunctionMailbox": lambda ids: [
        functions_pb2.HandOverFunctionMailboxRequest(function_id=ids.account, successor=ADDRESS),
    ],
    "GetPool": lambda ids: [pools_pb2.GetPoolRequest(unit_id=ids.unit)],
    "SetPool": lambda ids: [pools_pb2.SetPoolRequest(unit_id=ids.unit, given=pools_pb2.PoolGift(octets=1 << 30))],
    "GetLeavingPolicy": lambda ids: [leaving_pb2.GetLeavingPolicyRequest(unit_id=ids.unit)],
    "SetLeavingPolicy": lambda ids: [leaving_pb2.SetLeavingPolicyRequest(unit_id=ids.unit)],
    "ListAwaitingLetters": lambda ids: [],
    "GetAwaitingLetter": lambda ids: [letter_approvals_pb2.GetAwaitingLetterRequest(id=ids.awaiting)],
    "GetAwaitingLetterSource": lambda ids: [letter_approvals_pb2.GetAwaitingLetterSourceRequest(id=ids.awaiting)],
    "ApproveLetter": lambda ids: [letter_approvals_pb2.ApproveLetterRequest(id=ids.awaiting)],
    "RefuseLetter": lambda ids: [letter_approvals_pb2.RefuseLetterRequest(id=ids.awaiting, reason="Pris")],
    "OpenMatter": lambda ids: [
        matters_pb2.OpenMatterRequest(reason="x", unit_id=ids.unit),
        matters_pb2.OpenMatterRequest(reason="x", address=ADDRESS),
    ],
    "ListMatters": lambda ids: [matters_pb2.ListMattersRequest(unit_id=ids.unit)],
    "GetMatter": lambda ids: [matters_pb2.GetMatterRequest(id=ids.account)],
    "ChangeMatter": lambda ids: [matters_pb2.ChangeMatterRequest(id=ids.account, without_end=True)],
    "CloseMatter": lambda ids: [matters_pb2.CloseMatterRequest(id=ids.account)],
    "ListAuditedMatters": lambda ids: [],
    "ListCustodians": lambda ids: [auditing_pb2.ListCustodiansRequest(matter_id=ids.account)],
    "SearchMatter": lambda ids: [auditing_pb2.SearchMatterRequest(matter_id=ids.account, custodian=ids.account)],
    "GetMatterMessageSource": lambda ids: [
        auditing_pb2.GetMatterMessageSourceRequest(matter_id=ids.account, id=f"{ids.account}.living.{ids.message}"),
    ],
    "GetListPolicy": lambda ids: [lists_pb2.GetListPolicyRequest(list_id=ids.group)],
    "SetListPolicy": lambda ids: [lists_pb2.SetListPolicyRequest(list_id=ids.group)],
    "ListModeratedLetters": lambda ids: [],
    "GetModeratedLetter": lambda ids: [lists_pb2.GetModeratedLetterRequest(id=ids.moderated)],
    "GetModeratedLetterSource": lambda ids: [lists_pb2.GetModeratedLetterSourceRequest(id=ids.moderated)],
    "AcceptModeratedLetter": lambda ids: [lists_pb2.AcceptModeratedLetterRequest(id=ids.moderated)],
    "RejectModeratedLetter": lambda ids: [lists_pb2.RejectModeratedLetterRequest(id=ids.moderated, reason="Pris")],
    "DiscardModeratedLetter": lambda ids: [lists_pb2.DiscardModeratedLetterRequest(id=ids.moderated)],
    "ListOwnModeratedLetters": lambda ids: [],
    "WithdrawModeratedLetter": lambda ids: [lists_pb2.WithdrawModeratedLetterRequest(id=ids.moderated)],
    "ListDomainRecords": lambda ids: [domains_pb2.ListDomainRecordsRequest(domain=ids.domain)],
    "RotateSigningKeys": lambda ids: [domains_pb2.RotateSigningKeysRequest(domain=ids.domain)],
    "GetDomainReport": lambda ids: [reports_pb2.GetDomainReportRequest(domain=ids.domain)],
}

# How a rpc refuses; ModifyMessages does so for each message.
REFUSED: dict[str, re.Pattern[str]] = defaultdict(lambda: re.compile("not_found"))
REFUSED["RestorePeriod"] = re.compile("forbidden: Not an account of yours")
REFUSED["CreateDraft"] = re.compile("not_found|invalid_input")
REFUSED["ModifyMessages"] = re.compile('not_found|results {\n  id: "[^"]*"\n  reason: "not_found"')

# What administrators alone may ask is refused before anything is looked up.
ADMINISTRATORS = re.compile("forbidden: For administrators only")
for _file in (
    queue_pb2, quotas_pb2, domains_pb2, reports_pb2, leaving_pb2, pools_pb2, functions_pb2, matters_pb2, retention_pb2,
    journals_pb2,
):  # fmt: skip
    for _service in _file.DESCRIPTOR.services_by_name.values():
        REFUSED |= {method.name: ADMINISTRATORS for method in _service.methods}

# So is what auditors may; whom they reach is in test_auditing.py.
REFUSED |= {
    method.name: re.compile("forbidden: For auditors only")
    for method in auditing_pb2.DESCRIPTOR.services_by_name["MatterAuditService"].methods
}
REFUSED |= dict.fromkeys(("GetListPolicy", "SetListPolicy", "GetReceiptPolicy", "SetReceiptPolicy"), ADMINISTRATORS)
