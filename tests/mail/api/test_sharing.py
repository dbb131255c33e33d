"""Mailboxes that others share, through the api: what each right opens, and that nothing is told without one."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google.api.httpbody_pb2 import HttpBody
from workspace.mail.v1 import mail_pb2 as pb
from workspace.mail.v1 import sharing_pb2 as sharing

from chassis.errors import Forbidden, InvalidInput, NotFound, PreconditionFailed, WorkspaceError
from chassis.identity import Identity, acting_as
from chassis.rpc import translated
from services.mail.usecases.erase_account import begin_erasure, erase_due
from tests.mail.api.conftest import Api
from tests.mail.api.test_api import download, upload, uploaded
from tests.mail.house import House, letter

GUEST, OWNER_ADDRESS, GUEST_ADDRESS = "01JACCOUNT0000000000000002", "agent1@numerique.gouv.tg", "agent2@sante.gouv.tg"


@pytest.fixture
async def shared(api: Api, house: House, owner: str) -> "Shared":
    house.people.heard |= {OWNER_ADDRESS: owner, GUEST_ADDRESS: GUEST}
    await house.deliver(letter("Budget"), owner)
    who = await api.identity(owner, OWNER_ADDRESS), await api.identity(GUEST, GUEST_ADDRESS)
    with acting_as(who[0]):
        message = (await api.messages.ListMessages(pb.ListMessagesRequest())).messages[0]
    return Shared(api, house, owner, *who, message)


class Shared:
    """An INBOX with a letter, its owner and a guest."""

    def __init__(
        self, api: Api, house: House, owner: str, host: Identity, guest: Identity, message: pb.Message
    ) -> None:
        self.api, self.house, self.owner, self.host, self.guest = api, house, owner, host, guest
        self.inbox = f"{owner}.{message.mailbox_id}"
        self.message = f"{owner}.{message.id}"

    async def grant(self, rights: str, address: str = GUEST_ADDRESS) -> sharing.Grant:
        given = sharing.PutGrantRequest(
            mailbox_id=self.inbox.partition(".")[2], grant=sharing.Grant(address=address, rights=rights)
        )
        with acting_as(self.host):
            grant: sharing.Grant = await self.api.sharing.PutGrant(given)
        return grant

    async def flags(self) -> list[str]:
        with acting_as(self.host):
            found = await self.api.messages.GetMessage(pb.GetMessageRequest(id=self.message.partition(".")[2]))
        return list(found.flags)


async def test_a_shared_mailbox_is_listed_read_and_kept_in_order(shared: Shared) -> None:
    api = shared.api
    assert (await shared.grant("lrswite")).rights == "lrswite"
    with acting_as(shared.guest):
        (found,) = (await api.sharing.ListSharedMailboxes(sharing.ListSharedMailboxesRequest())).mailboxes
        assert (found.mailbox.name, found.mailbox.id) == (f"Autres utilisateurs/{OWNER_ADDRESS}/INBOX", shared.inbox)
        assert (found.rights, found.owner_address, found.of_function) == ("lrswite", OWNER_ADDRESS, False)
        (listed,) = (await api.messages.ListMessages(pb.ListMessagesRequest(mailbox=shared.inbox))).messages
        assert (listed.id, listed.mailbox_id, listed.subject) == (shared.message, shared.inbox, "Budget")
        by_name = await api.messages.ListMessages(pb.ListMessagesRequest(mailbox=found.mailbox.name))
        assert [each.id for each in by_name.messages] == [shared.message]
        assert (await api.messages.GetMessage(pb.GetMessageRequest(id=shared.message))).text.startswith("Bonjour")
        octets, _, _ = await download(api.messages.GetMessageSource(pb.GetMessageSourceRequest(id=shared.message)))
        assert octets.endswith(letter("Budget"))
        read = pb.UpdateMessageRequest(message=pb.Message(id=shared.message, flags=["\\Seen"]))
        assert list((await api.messages.UpdateMessage(read)).flags) == ["\\Seen"]
        put = uploaded(pb.AppendMessageRequest, letter("Note"), mailbox_id=shared.inbox)
        assert (await upload(api.messages.AppendMessage, put)).mailbox_id == shared.inbox
        own = (await api.mailboxes.ListMailboxes(pb.ListMailboxesRequest())).mailboxes[0]
        moved = await api.messages.MoveMessage(pb.MoveMessageRequest(id=shared.message, mailbox_id=own.id))
        assert (moved.id, moved.mailbox_id) == (shared.message.partition(".")[2], own.id)
        assert list(moved.flags) == ["\\Seen"]
    with acting_as(shared.host):
        assert [each.subject for each in (await api.messages.ListMessages(pb.ListMessagesRequest())).messages] == [
            "Note"
        ]
    (box, mine) = await shared.house.box(shared.owner), await shared.house.box(GUEST)
    assert (box.messages, box.unseen, mine.messages, mine.unseen) == (1, 1, 1, 0)


def attempts(shared: Shared, own_mailbox: str) -> dict[str, tuple[str, Callable[[], Any]]]:
    """Every rpc on a mailbox or message of somebody else, with the rights that it takes beside `l`."""
    api, inbox, message = shared.api, shared.inbox, shared.message

    def flagged(*flags: str) -> Callable[[], Any]:
        request = pb.UpdateMessageRequest(message=pb.Message(id=message, flags=flags))
        return lambda: api.messages.UpdateMessage(request)

    async def read(call: Any) -> Any:
        return await download(call)

    def appended(*flags: str) -> Iterator[Any]:
        yield pb.AppendMessageRequest(mailbox_id=inbox, flags=flags, source=HttpBody(data=letter("Posé")), last=True)

    grant = sharing.Grant(address=GUEST_ADDRESS, rights="lrswipkxtea")
    return {
        "ListMessages": ("r", lambda: api.messages.ListMessages(pb.ListMessagesRequest(mailbox=inbox))),
        "GetMessage": ("r", lambda: api.messages.GetMessage(pb.GetMessageRequest(id=message))),
        "GetMessageSource": (
            "r",
            lambda: read(api.messages.GetMessageSource(pb.GetMessageSourceRequest(id=message))),
        ),
        "GetAttachment": (
            "r",
            lambda: read(api.messages.GetAttachment(pb.GetAttachmentRequest(id=message, part="1"))),
        ),
        "AppendMessage": ("i", lambda: upload(api.messages.AppendMessage, appended())),
        "AppendMessage with a flag": ("iw", lambda: upload(api.messages.AppendMessage, appended("projet"))),
        "UpdateMessage \\Seen": ("rs", flagged("\\Seen")),
        "UpdateMessage \\Deleted": ("rt", flagged("\\Deleted")),
        "UpdateMessage \\Flagged": ("rw", flagged("\\Flagged")),
        "MoveMessage": (
            "rte",
            lambda: api.messages.MoveMessage(pb.MoveMessageRequest(id=message, mailbox_id=own_mailbox)),
        ),
        "DeleteMessage": ("te", lambda: api.messages.DeleteMessage(pb.DeleteMessageRequest(id=message))),
        "UpdateMailbox": (
            "x",
            lambda: api.mailboxes.UpdateMailbox(pb.UpdateMailboxRequest(mailbox=pb.Mailbox(id=inbox, name="A"))),
        ),
        "DeleteMailbox": ("x", lambda: api.mailboxes.DeleteMailbox(pb.DeleteMailboxRequest(id=inbox))),
        "ListGrants": ("a", lambda: api.sharing.ListGrants(sharing.ListGrantsRequest(mailbox_id=inbox))),
        "PutGrant": ("a", lambda: api.sharing.PutGrant(sharing.PutGrantRequest(mailbox_id=inbox, grant=grant))),
        "DeleteGrant": (
            "a",
            lambda: api.sharing.DeleteGrant(sharing.DeleteGrantRequest(mailbox_id=inbox, address=GUEST_ADDRESS)),
        ),
    }


async def told(call: Callable[[], Any]) -> tuple[type[WorkspaceError], str]:
    with pytest.raises(WorkspaceError) as refused, translated():
        await call()
    return type(refused.value), refused.value.detail


async def own_mailbox(shared: Shared) -> str:
    with acting_as(shared.guest):
        found: str = (await shared.api.mailboxes.ListMailboxes(pb.ListMailboxesRequest())).mailboxes[1].id
    return found


async def test_without_the_right_to_find_it_a_mailbox_is_as_one_that_is_not_there(shared: Shared) -> None:
    mine = await own_mailbox(shared)
    nothing = pb.Message(id="0", mailbox_id="0")
    nowhere = Shared(shared.api, shared.house, shared.owner, shared.host, shared.guest, nothing)
    nobody = Shared(shared.api, shared.house, "0", shared.host, shared.guest, nothing)
    for rights in ("", "rswipkxtea"):
        if rights:
            await shared.grant(rights)
        with acting_as(shared.guest):
            assert not (await shared.api.sharing.ListSharedMailboxes(sharing.ListSharedMailboxesRequest())).mailboxes
            for name, (_, call) in attempts(shared, mine).items():
                refusal = await told(call)
                assert refusal[0] is NotFound, name
                assert refusal == await told(attempts(nowhere, mine)[name][1]), name
                assert refusal == await told(attempts(nobody, mine)[name][1]), name
    assert await shared.flags() == []


async def test_each_right_opens_what_it_is_for_and_nothing_else(shared: Shared) -> None:
    mine = await own_mailbox(shared)
    for name, (needed, _) in attempts(shared, mine).items():
        for missing in needed:
            await shared.grant("".join(letter for letter in "lrswipkxtea" if letter != missing))
            with acting_as(shared.guest):
                assert (await told(attempts(shared, mine)[name][1]))[0] is Forbidden, (name, missing)
    await shared.grant("l")
    with acting_as(shared.guest):
        for name, (_, call) in attempts(shared, mine).items():
            assert (await told(call))[0] is Forbidden, name
    assert await shared.flags() == []
    for name, (needed, _) in attempts(shared, mine).items():
        if needed in ("x", "te", "rte", "a"):
            continue
        await shared.grant("l" + needed)
        with acting_as(shared.guest):
            await attempts(shared, mine)[name][1]()
            if name.startswith("Update"):
                await shared.api.messages.UpdateMessage(
                    pb.UpdateMessageRequest(message=pb.Message(id=shared.message, flags=[]))
                )


async def test_messages_come_from_ones_own_mailbox_with_the_flags_that_may_be_set(shared: Shared) -> None:
    api = shared.api
    await shared.grant("lriw")
    (outcome,) = await shared.house.deliver(letter("À classer"), GUEST)
    with acting_as(shared.guest):
        flags = ["\\Flagged", "\\Seen"]
        await api.messages.UpdateMessage(
            pb.UpdateMessageRequest(message=pb.Message(id=outcome.message_id, flags=flags))
        )
        moved = await api.messages.MoveMessage(pb.MoveMessageRequest(id=outcome.message_id, mailbox_id=shared.inbox))
        assert (moved.id, list(moved.flags)) == (f"{shared.owner}.{outcome.message_id}", ["\\Flagged"])
        assert not (await api.messages.ListMessages(pb.ListMessagesRequest())).messages
    box, mine = await shared.house.box(shared.owner), await shared.house.box(GUEST)
    assert (box.messages, box.unseen, mine.messages, mine.unseen, mine.size) == (2, 2, 0, 0, 0)
    (fact,) = await shared.house.facts("message_copied")
    assert json.loads(fact["body"])["data"]["from_account_id"] == GUEST


async def test_grants_are_listed_changed_and_ended(shared: Shared) -> None:
    api, inbox = shared.api, shared.inbox.partition(".")[2]
    await shared.grant("lr")
    await shared.grant("lrs")
    with acting_as(shared.host):
        grants = (await api.sharing.ListGrants(sharing.ListGrantsRequest(mailbox_id=inbox))).grants
        assert [(grant.address, grant.rights) for grant in grants] == [(GUEST_ADDRESS, "lrs")]
        await api.sharing.DeleteGrant(sharing.DeleteGrantRequest(mailbox_id=inbox, address=GUEST_ADDRESS))
        assert not (await api.sharing.ListGrants(sharing.ListGrantsRequest(mailbox_id=inbox))).grants
        with pytest.raises(NotFound):
            await api.sharing.DeleteGrant(sharing.DeleteGrantRequest(mailbox_id=inbox, address=GUEST_ADDRESS))
    with acting_as(shared.guest), pytest.raises(NotFound):
        await api.messages.GetMessage(pb.GetMessageRequest(id=shared.message))
    assert len(await shared.house.facts("sharing_changed")) == 3
    acts = await shared.house.facts("act_recorded")
    assert len(acts) == 3
    assert '"share_mailbox"' in acts[0]["body"]


@pytest.mark.parametrize("address", ["anyone", "-" + GUEST_ADDRESS, "personne@gouv.tg", "", "a" * 300, OWNER_ADDRESS])
async def test_a_mailbox_is_shared_with_accounts_alone(shared: Shared, address: str) -> None:
    with pytest.raises((InvalidInput, NotFound)):
        await shared.grant("lr", address)


@pytest.mark.parametrize("rights", ["", "+r", "-r", "z", "lr "])
async def test_rights_that_are_none_are_refused(shared: Shared, rights: str) -> None:
    with pytest.raises(InvalidInput):
        await shared.grant(rights)


async def test_nobodys_own_mailbox_has_the_name_of_others(shared: Shared) -> None:
    with acting_as(shared.guest):
        for name in ("Fonctions", f"Autres utilisateurs/{OWNER_ADDRESS}/Dossier"):
            with pytest.raises((InvalidInput, Forbidden)):
                await shared.api.mailboxes.CreateMailbox(pb.CreateMailboxRequest(mailbox=pb.Mailbox(name=name)))
    await shared.grant("lrkx")
    given = pb.UpdateMailboxRequest(
        mailbox=pb.Mailbox(id=shared.inbox, name=f"Autres utilisateurs/{OWNER_ADDRESS}/Autre")
    )
    with acting_as(shared.guest), pytest.raises(PreconditionFailed):
        await shared.api.mailboxes.UpdateMailbox(given)


async def test_what_an_account_shares_and_was_given_ends_with_it(shared: Shared) -> None:
    await shared.grant("lr")
    shared.house.people.heard.pop(OWNER_ADDRESS)  # suspended
    with acting_as(shared.guest):
        assert not (await shared.api.sharing.ListSharedMailboxes(sharing.ListSharedMailboxesRequest())).mailboxes
        with pytest.raises(NotFound):
            await shared.api.messages.GetMessage(pb.GetMessageRequest(id=shared.message))
    shared.house.people.heard[OWNER_ADDRESS] = shared.owner
    await begin_erasure(shared.house.mail, GUEST)
    await erase_due(shared.house.mail)
    assert (await shared.house.box(shared.owner)).acl == ()


async def test_mailboxes_are_made_renamed_and_deleted_in_others_trees_by_their_names(shared: Shared) -> None:
    api, top = shared.api, f"Autres utilisateurs/{OWNER_ADDRESS}"
    with acting_as(shared.host):
        made = await api.mailboxes.CreateMailbox(pb.CreateMailboxRequest(mailbox=pb.Mailbox(name="Projets")))
        grant = sharing.Grant(address=GUEST_ADDRESS, rights="lrkx")
        await api.sharing.PutGrant(sharing.PutGrantRequest(mailbox_id=made.id, grant=grant))
    with acting_as(shared.guest):
        below = await api.mailboxes.CreateMailbox(
            pb.CreateMailboxRequest(mailbox=pb.Mailbox(name=f"{top}/Projets/2026"))
        )
        assert (below.name, below.id.partition(".")[0]) == (f"{top}/Projets/2026", shared.owner)
        renamed = pb.UpdateMailboxRequest(mailbox=pb.Mailbox(id=below.id, name=f"{top}/Projets/2027"))
        assert (await api.mailboxes.UpdateMailbox(renamed)).name == f"{top}/Projets/2027"
        elsewhere = pb.UpdateMailboxRequest(mailbox=pb.Mailbox(id=below.id, name="Mien"))
        with pytest.raises(Forbidden):
            await api.mailboxes.UpdateMailbox(elsewhere)
        await api.mailboxes.DeleteMailbox(pb.DeleteMailboxRequest(id=below.id))
    with acting_as(shared.host):
        names = [box.name for box in (await api.mailboxes.ListMailboxes(pb.ListMailboxesRequest())).mailboxes]
    assert "Projets" in names
    assert "Projets/2027" not in names
