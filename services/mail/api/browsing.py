"""BrowsingService."""

from datetime import date
from typing import Any

from workspace.mail.v1 import browsing_pb2 as pb
from workspace.mail.v1 import browsing_pb2_grpc

from chassis.errors import InvalidInput, WorkspaceError
from chassis.identity import current_identity
from services.mail.api.convert import message, people
from services.mail.api.cursor import below_of, page_token
from services.mail.api.ids import meant, shown
from services.mail.api.pages import page_size
from services.mail.api.positions import position_of, position_token
from services.mail.api.readable import readable_mailbox
from services.mail.domain.flags import canonical
from services.mail.domain.names import INBOX
from services.mail.domain.rights import READ
from services.mail.domain.search import And, Attached, Criterion, HasFlag, Not, Received, Size, Text, Written
from services.mail.usecases import Mail, list_mailboxes
from services.mail.usecases.access import open_mailbox
from services.mail.usecases.conversations import Conversation, conversation, list_conversations
from services.mail.usecases.find_messages import find_messages, readable_mailboxes
from services.mail.usecases.list_changes import list_changes
from services.mail.usecases.modify_messages import Act, Delete, FlagChange, MoveTo, modify_messages

CHANGES, MOST_CHANGES = 200, 500
PAGE, LARGEST_PAGE = 50, 100


class BrowsingApi(browsing_pb2_grpc.BrowsingServiceServicer):
    """Mailboxes as a front end goes through them."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def ListChanges(self, request: pb.ListChangesRequest, context: Any) -> pb.ListChangesResponse:
        count = page_size(request.page_size, CHANGES, MOST_CHANGES)
        if request.since < 0:
            raise InvalidInput("Not a cursor", fields={"since": "must not be negative"})
        box = await open_mailbox(self._mail, current_identity().account_id, *meant(request.mailbox_id), READ)
        of = f"{box.id}:{request.since}"
        modseq, uid = position_of(request.page_token, of, 2) or (0, 0)
        page = await list_changes(self._mail, box.owner, box.id, request.since, count=count, after=(modseq, uid))
        return pb.ListChangesResponse(
            changed=map(message, page.changed),
            vanished=[pb.UidRange(first=first, last=last) for first, last in page.vanished],
            modseq=page.modseq,
            next_page_token=position_token(of, page.after),
            incomplete=not page.complete,
        )

    async def ModifyMessages(self, request: pb.ModifyMessagesRequest, context: Any) -> pb.ModifyMessagesResponse:
        ids = [meant(each) for each in request.ids]
        done = await modify_messages(self._mail, current_identity().account_id, ids, _act(request))
        results = [_modified(given, done[which]) for given, which in zip(request.ids, ids, strict=True)]
        return pb.ModifyMessagesResponse(results=results)

    async def ListConversations(
        self, request: pb.ListConversationsRequest, context: Any
    ) -> pb.ListConversationsResponse:
        count = page_size(request.page_size, PAGE, LARGEST_PAGE)
        actor, box = current_identity().account_id, await readable_mailbox(self._mail, request.mailbox or INBOX)
        below = below_of(request.page_token, box.id)
        page = await list_conversations(self._mail, actor, box.owner, box.id, count=count, below=below)
        return pb.ListConversationsResponse(
            conversations=map(_conversation, page.conversations), next_page_token=page_token(box.id, page.below)
        )

    async def GetConversation(self, request: pb.GetConversationRequest, context: Any) -> pb.GetConversationResponse:
        found = await conversation(self._mail, current_identity().account_id, *meant(request.id))
        return pb.GetConversationResponse(messages=map(message, found))

    async def SearchMessages(self, request: pb.SearchMessagesRequest, context: Any) -> pb.SearchMessagesResponse:
        count = page_size(request.page_size, PAGE, LARGEST_PAGE)
        own = current_identity().account_id
        if request.mailbox:
            boxes = [await readable_mailbox(self._mail, request.mailbox)]
        else:
            boxes = await list_mailboxes(self._mail, own)
            boxes += await readable_mailboxes(self._mail, own) if request.shared else []
        of = boxes[0].id if request.mailbox else f"{own}:shared" if request.shared else own
        after = position_of(request.page_token, of, 3)
        page = await find_messages(
            self._mail,
            boxes,
            _criterion(request),
            count=count,
            after=(after[0], after[1], after[2]) if after is not None else None,
        )
        return pb.SearchMessagesResponse(
            messages=map(message, page.messages),
            next_page_token=position_token(of, page.after),
            truncated=page.truncated,
        )


def _act(request: pb.ModifyMessagesRequest) -> Act:
    match request.WhichOneof("act"):
        case "flags" if request.flags.add or request.flags.remove:
            return FlagChange(list(request.flags.add), list(request.flags.remove))
        case "move_to":
            return MoveTo(meant(request.move_to))
        case "delete" if request.delete:
            return Delete()
        case _:
            raise InvalidInput("Nothing to be done", fields={"act": "one of flags, move_to and delete"})


def _modified(given: str, error: WorkspaceError | None) -> pb.Modified:
    if error is None:
        return pb.Modified(id=given)
    return pb.Modified(id=given, reason=error.reason, detail=error.detail)


def _conversation(found: Conversation) -> pb.Conversation:
    return pb.Conversation(
        id=shown(found.newest.owner, found.newest.thread_id),
        newest=message(found.newest),
        messages=found.messages,
        unseen=found.unseen,
        people=people(found.people),
    )


def _criterion(request: pb.SearchMessagesRequest) -> Criterion:
    criteria: list[Criterion] = [HasFlag(flag) for flag in canonical(request.flags)]
    criteria += [Not(HasFlag(flag)) for flag in canonical(request.without_flags)]
    sender = getattr(request, "from")
    if sender:
        criteria.append(Written(("from",), sender))
    if request.to:
        criteria.append(Written(("to", "cc", "bcc"), request.to))
    if request.subject:
        criteria.append(Written(("subject",), request.subject))
    if request.since or request.before:
        criteria.append(Received(day("since", request.since), day("before", request.before)))
    if request.larger or request.smaller:
        criteria.append(Size(request.larger or None, request.smaller or None))
    if request.HasField("has_attachment"):
        criteria.append(Attached() if request.has_attachment else Not(Attached()))
    if request.text:
        criteria.append(Text(request.text))
    return And(tuple(criteria))


def day(name: str, given: str) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise InvalidInput("Not a day", fields={name: 'is a day as "2026-03-31"'}) from None
