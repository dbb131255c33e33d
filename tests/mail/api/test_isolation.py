"""Every rpc by which people reach their mail, tried with the ids of another account's things.

Each says what it says for ids that nobody has, and changes nothing. A rpc that `walk_table.py` does not know fails.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from workspace.mail.v1 import drafts_pb2, drafts_pb2_grpc, mail_pb2, sharing_pb2

from chassis.documents import connect
from chassis.documents.connect import close
from chassis.errors import WorkspaceError
from chassis.identity import acting_as
from chassis.rpc import translated
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.envelope import Delivery, Recipient, Result, Sender
from services.mail.domain.leaving import Action, Rule, To, UnitRules
from services.mail.domain.lists import Group
from services.mail.domain.moderation import ListPolicy
from services.mail.usecases import deliver, expunge, send
from services.mail.usecases.scripts import put_script
from tests.mail.api.conftest import Api
from tests.mail.api.test_reading import Fetched, part, rich
from tests.mail.api.walk_table import ADDRESS, FILES, FRIEND, LIST, NOBODY, REFUSED, WALK, Ids, uploaded
from tests.mail.house import House, chunked, letter
from tests.mail.reading.test_attachments import winmail

CONTENTS = ("GetMessageContent", "GetRemoteImage", "GetAttachedFile")


def methods() -> dict[str, Any]:
    return {
        method.name: method
        for file in FILES
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }


def test_the_walk_knows_every_rpc() -> None:
    assert WALK.keys() == methods().keys()


def caller(api: Api, method: Any) -> Callable[[Any], Awaitable[str]]:
    """What a rpc answers, or how it refuses, as text."""
    kind = ("stream" if method.client_streaming else "unary") + ("_stream" if method.server_streaming else "_unary")
    rpc = getattr(api.channel, kind)(
        f"/{method.containing_service.full_name}/{method.name}",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=method.output_type._concrete_class.FromString,
    )

    async def call(request: Any) -> str:
        given = iter(request) if isinstance(request, list) else request
        try:
            with translated():
                if method.server_streaming:
                    return "".join([str(each) async for each in rpc(given)])
                return str(await rpc(given))
        except WorkspaceError as error:
            return f"{error.reason}: {error.detail} {error.fields}"

    return call


@pytest.fixture
async def state(documents_url: str, database_name: str) -> AsyncIterator[Callable[[], Awaitable[dict[str, list[str]]]]]:
    """All that is kept, looked at by a connection whose queries nobody explains."""
    database = connect(documents_url, database_name)

    async def look() -> dict[str, list[str]]:
        return {
            name: sorted(map(str, await database[name].find({}).to_list(None)))
            for name in sorted(await database.list_collection_names())
            if not name.startswith("system.") and name != "blobs"
        }

    yield look
    await close(database)


async def to_moderated_list(house: House, owner: str) -> str:
    """A letter that waits for a moderator; who tries moderates another list."""
    for group, moderator in ((LIST, "01JFRIEND"), ("01JOTHERS", "01JOTHER")):
        address = f"{group.lower()}@numerique.gouv.tg"
        told = Group(group, "Budget", address, "01MINISTRY", (owner,), (), None, "named", (), 1)
        await house.mail.store.groups.told(told)
        await house.mail.store.list_policies.put(ListPolicy(group, (moderator,), "platform", ("01MINISTRY",)), [])
    to = Delivery(Recipient(f"list:{LIST}", f"{LIST.lower()}@numerique.gouv.tg"), author=owner)
    (outcome,) = await deliver(
        house.mail, sender=ADDRESS, content=await house.content(letter("secret")), deliveries=[to]
    )
    assert outcome.result is Result.DELIVERED
    (waiting,) = await house.mail.store.moderated.of(owner)
    return waiting.id


@pytest.fixture
async def theirs(api: Api, house: House, owner: str) -> Ids:
    tnef = part("application/ms-tnef; name=winmail.dat", winmail(("secret.docx", b"secret")))
    (outcome,) = await house.deliver(rich("<p>secret</p><img src='https://a.example/1.png'>", tnef), owner)
    (gone,) = await house.deliver(letter("secret"), owner)
    place = (await house.mail.store.messages.get(owner, gone.message_id)).uid
    await expunge(house.mail, owner, (await house.box(owner)).id, [(place, place)], only_deleted=False)
    (kept,) = await house.mail.store.recoverable.page(owner, "", 2)
    own = (await house.box("01JOTHER", "Archive")).id
    house.people.heard |= {ADDRESS: owner, FRIEND: "01JFRIEND", "agent2@sante.gouv.tg": "01JOTHER"}
    with acting_as(await api.identity(owner, ADDRESS)):
        drafts = drafts_pb2_grpc.DraftServiceStub(api.channel)
        draft = await drafts.CreateDraft(drafts_pb2.CreateDraftRequest(draft=drafts_pb2.Draft(text="secret")))
        uploads = drafts_pb2_grpc.UploadServiceStub(api.channel)
        given = drafts_pb2.Upload(filename="secret.pdf", size=6)
        upload = await uploads.CreateUpload(drafts_pb2.CreateUploadRequest(upload=given))
        sending = uploaded(mail_pb2.SendMessageRequest, hold_seconds=100)
        held = await api.messages.SendMessage(iter(sending))
        delegate = sharing_pb2.Delegate(address=FRIEND, capacity=sharing_pb2.CAPACITY_AS)
        await api.delegations.PutDelegate(sharing_pb2.PutDelegateRequest(name=ADDRESS, delegate=delegate))
        archive = await house.box(owner, "Archive")
        grant = sharing_pb2.Grant(address=FRIEND, rights="lr")
        await api.sharing.PutGrant(sharing_pb2.PutGrantRequest(mailbox_id=archive.id, grant=grant))
    await put_script(house.mail, owner, "secret", b"keep;")
    conversation = (await house.mail.store.messages.get(owner, outcome.message_id)).thread_id
    house.people.stands[owner] = Whereabouts(ADDRESS, ("01MINISTRY",))
    house.people.units["01MINISTRY"] = Whereabouts("Ministère", ("01MINISTRY",))
    rule = Rule("Externe", Action.HOLD, "Approuvé d'abord.", to=To.OUTSIDE)
    await house.mail.store.leaving_policies.put(UnitRules("01MINISTRY", (rule,), ("01JFRIEND",)), [])
    # Who tries approves for another ministry.
    await house.mail.store.leaving_policies.put(UnitRules("01OTHERS", (rule,), ("01JOTHER",)), [])
    secret = chunked(letter("secret", To="b@example.org"))
    awaiting = await send(house.mail, Sender(owner, ADDRESS), secret)
    assert awaiting.awaits_approval
    return Ids(
        archive.id, outcome.message_id, draft.id, upload.id, conversation, held.id, kept.id, owner, ADDRESS,
        "numerique.gouv.tg", "secret", "01MINISTRY", awaiting.id, await to_moderated_list(house, owner), LIST, own,
        draft.modseq,
    )  # fmt: skip


async def test_nobody_reaches_anothers_mail_or_learns_that_it_is_there(
    api: Api, house: House, owner: str, theirs: Ids, state: Callable[[], Awaitable[dict[str, list[str]]]]
) -> None:
    nobodys = theirs.blank()
    fetched = Fetched()
    object.__setattr__(house.mail, "remote_images", fetched)
    wrong = []
    with acting_as(await api.identity("01JOTHER", "agent2@sante.gouv.tg")):
        before = await state()
        for name, method in methods().items():
            call = caller(api, method)
            pairs = [
                *zip(WALK[name](theirs), WALK[name](nobodys), strict=True),
                *zip(WALK[name](theirs.named_by(owner)), WALK[name](nobodys.named_by(owner)), strict=True),
            ]
            for aimed, blank in pairs:
                told, twin = await call(aimed), await call(blank)
                for each in theirs.all:  # what was sent is no news
                    told = told.replace(each, NOBODY)
                if not REFUSED[name].match(told) or told != twin:
                    wrong.append(f"{name}: {told} is not {twin}")
        after = await state()
    assert wrong == []
    assert after == before
    assert fetched.urls == []
    with acting_as(await api.identity(owner, ADDRESS)):
        # The same requests reach what they name when it is the caller's own.
        for name in (*CONTENTS, "ListGrants", "DeleteGrant", "ListDelegates", "ActivateScript", "CancelScheduled"):
            request = WALK[name](theirs)[-1 if name in CONTENTS else 0]
            told = await caller(api, methods()[name])(request)
            assert not told.startswith(("not_found", "forbidden", "invalid")), name
