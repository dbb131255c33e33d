"""BrowsingService over gRPC: cursors, many messages at once, conversations, searching."""

from datetime import timedelta
from typing import Any

import pytest
from workspace.mail.v1 import browsing_pb2 as pb
from workspace.mail.v1 import browsing_pb2_grpc, mail_pb2, reading_pb2, reading_pb2_grpc, sharing_pb2

from chassis.errors import InvalidInput, NotFound
from chassis.identity import acting_as
from services.mail.usecases import move
from services.mail.usecases.reclaim import forget_expunges
from tests.mail.api.conftest import Api
from tests.mail.house import House, letter


@pytest.fixture
def browsing(api: Api) -> Any:
    return browsing_pb2_grpc.BrowsingServiceStub(api.channel)


async def delivered(house: House, owner: str, count: int, **fields: str) -> list[str]:
    ids = []
    for number in range(count):
        (outcome,) = await house.deliver(letter(f"Note {number}", **fields), owner)
        house.clock.advance(minutes=1)
        ids.append(outcome.message_id)
    return ids


class Copy:
    """A client's copy of a mailbox, kept by nothing but what changed."""

    def __init__(self, browsing: Any, mailbox_id: str) -> None:
        self._browsing, self._mailbox = browsing, mailbox_id
        self.since = 0
        self.flags: dict[int, list[str]] = {}

    async def follow(self, page_size: int = 2) -> int:
        """How many pages it took."""
        token, pages = "", 0
        while True:
            answer = await self._browsing.ListChanges(
                pb.ListChangesRequest(mailbox_id=self._mailbox, since=self.since, page_size=page_size, page_token=token)
            )
            pages += 1
            self.flags |= {each.uid: sorted(each.flags) for each in answer.changed}
            token = answer.next_page_token
            if not token:
                break
        for gone in answer.vanished:
            for uid in range(gone.first, gone.last + 1):
                self.flags.pop(uid, None)
        assert not answer.incomplete
        self.since = answer.modseq
        return pages


async def test_a_copy_is_kept_by_what_changed_page_by_page(api: Api, browsing: Any, house: House, owner: str) -> None:
    ids = await delivered(house, owner, 5)
    box = await house.box(owner)
    with acting_as(await api.identity(owner)):
        copy = Copy(browsing, box.id)
        assert await copy.follow() == 3
        assert copy.flags == {uid: [] for uid in range(1, 6)}
        assert copy.since == (await house.box(owner)).modseq
        flags = pb.FlagChange(add=["\\Seen"])
        await browsing.ModifyMessages(pb.ModifyMessagesRequest(ids=ids[:3], flags=flags))
        await browsing.ModifyMessages(pb.ModifyMessagesRequest(ids=ids[3:4], delete=True))
        await house.deliver(letter("Autre"), owner)
        await copy.follow()
        assert copy.flags == {1: ["\\Seen"], 2: ["\\Seen"], 3: ["\\Seen"], 5: [], 6: []}
        assert await copy.follow() == 1


async def test_what_changes_between_two_pages_is_told(api: Api, browsing: Any, house: House, owner: str) -> None:
    ids = await delivered(house, owner, 4)
    box = await house.box(owner)
    with acting_as(await api.identity(owner)):
        first = await browsing.ListChanges(pb.ListChangesRequest(mailbox_id=box.id, page_size=2))
        assert (first.modseq, len(first.changed)) == (0, 2)
        seen = pb.FlagChange(add=["\\Seen"])
        await browsing.ModifyMessages(pb.ModifyMessagesRequest(ids=ids[:1], flags=seen))
        await browsing.ModifyMessages(pb.ModifyMessagesRequest(ids=ids[3:], delete=True))
        rest = await browsing.ListChanges(
            pb.ListChangesRequest(mailbox_id=box.id, page_size=10, page_token=first.next_page_token)
        )
        assert [(each.uid, list(each.flags)) for each in rest.changed] == [(3, []), (1, ["\\Seen"])]
        assert [(gone.first, gone.last) for gone in rest.vanished] == [(4, 4)]
        for wrong in (
            pb.ListChangesRequest(mailbox_id=box.id, since=-1),
            pb.ListChangesRequest(mailbox_id=box.id, page_size=501),
            pb.ListChangesRequest(mailbox_id=box.id, since=1, page_token=first.next_page_token),
            pb.ListChangesRequest(mailbox_id=box.id, page_token="nonsense"),
        ):
            with pytest.raises(InvalidInput):
                await browsing.ListChanges(wrong)


async def test_a_cursor_from_before_what_is_forgotten_is_told_so(
    api: Api, browsing: Any, house: House, owner: str
) -> None:
    ids = await delivered(house, owner, 2)
    box = await house.box(owner)
    with acting_as(await api.identity(owner)):
        await browsing.ModifyMessages(pb.ModifyMessagesRequest(ids=ids[:1], delete=True))
        await house.database["tombstones"].update_many({"at": {"$lte": house.clock()}}, {"$unset": {"pending": ""}})
        house.clock.advance(days=100)
        await forget_expunges(house.mail, timedelta(days=60))
        answer = await browsing.ListChanges(pb.ListChangesRequest(mailbox_id=box.id, since=box.modseq))
    assert answer.incomplete


async def test_many_messages_are_changed_at_once_each_answered_for_itself(
    api: Api, browsing: Any, house: House, owner: str
) -> None:
    ids = await delivered(house, owner, 4)
    archive = await house.box(owner, "Archive")
    await move(house.mail, owner, (await house.box(owner)).id, [(4, 4)], archive.id)
    with acting_as(await api.identity(owner)):
        flags = pb.FlagChange(add=["\\Flagged", "Projet"], remove=["\\Seen"])
        request = pb.ModifyMessagesRequest(ids=[ids[0], "01JNOWHERE", ids[3]], flags=flags)
        results = (await browsing.ModifyMessages(request)).results
        assert [(each.id, each.reason) for each in results] == [(ids[0], ""), ("01JNOWHERE", "not_found"), (ids[3], "")]
        moved = pb.ModifyMessagesRequest(ids=ids, move_to=archive.id)
        for _ in range(2):  # a second time changes nothing more
            assert [each.reason for each in (await browsing.ModifyMessages(moved)).results] == [""] * 4
        assert [(await house.box(owner, name)).messages for name in ("INBOX", "Archive")] == [0, 4]
        found = [await house.mail.store.messages.get(owner, each) for each in ids]
        assert [sorted(each.flags) for each in found] == [["\\Flagged", "projet"], [], [], ["\\Flagged", "projet"]]
        results = (await browsing.ModifyMessages(pb.ModifyMessagesRequest(ids=ids[:2], delete=True))).results
        assert [each.reason for each in results] == ["", ""]
        results = (await browsing.ModifyMessages(pb.ModifyMessagesRequest(ids=ids, delete=True))).results
        assert [each.reason for each in results] == ["not_found", "not_found", "", ""]
        for wrong in (
            pb.ModifyMessagesRequest(ids=ids),
            pb.ModifyMessagesRequest(ids=ids, delete=False),
            pb.ModifyMessagesRequest(ids=ids, flags=pb.FlagChange()),
            pb.ModifyMessagesRequest(ids=ids, flags=pb.FlagChange(add=["\\Nothing"])),
            pb.ModifyMessagesRequest(delete=True),
            pb.ModifyMessagesRequest(ids=["x"] * 1001, delete=True),
        ):
            with pytest.raises(InvalidInput):
                await browsing.ModifyMessages(wrong)
        with pytest.raises(NotFound):
            await browsing.ModifyMessages(pb.ModifyMessagesRequest(ids=ids, move_to="01JNOWHERE"))


async def test_conversations_of_a_mailbox_the_latest_first(api: Api, browsing: Any, house: House, owner: str) -> None:
    def about(name: str, number: int) -> dict[str, str]:
        answers = f"<{name}.0@x>" if number else ""
        return {"Message_ID": f"<{name}.{number}@x>", "In_Reply_To": answers, "References": answers}

    sent = [("a", 0), ("b", 0), ("a", 1), ("c", 0), ("a", 2)]
    for name, number in sent:
        await house.deliver(letter(f"Sujet {name}", **about(name, number)), owner)
        house.clock.advance(minutes=1)
    sent_box, box = await house.box(owner, "Archive"), await house.box(owner)
    await move(house.mail, owner, box.id, [(3, 3)], sent_box.id)
    with acting_as(await api.identity(owner)):
        first = await browsing.ListConversations(pb.ListConversationsRequest(page_size=2))
        assert [(each.newest.subject, each.messages, each.unseen) for each in first.conversations] == [
            ("Sujet a", 3, 3),
            ("Sujet c", 1, 1),
        ]
        assert first.conversations[0].newest.conversation_id == first.conversations[0].id
        await house.deliver(letter("Nouveau", Message_ID="<d@x>"), owner)
        rest = await browsing.ListConversations(
            pb.ListConversationsRequest(page_size=2, page_token=first.next_page_token)
        )
        # What was told where its newest message stands is not told again at an older one.
        assert [each.newest.subject for each in rest.conversations] == ["Sujet b"]
        assert rest.next_page_token == ""
        whole = await browsing.GetConversation(pb.GetConversationRequest(id=first.conversations[0].id))
        assert [each.rfc_message_id for each in whole.messages] == ["<a.0@x>", "<a.1@x>", "<a.2@x>"]
        assert {each.mailbox_id for each in whole.messages} == {box.id, sent_box.id}


async def test_a_shared_mailbox_shows_no_conversation_beyond_itself(
    api: Api, browsing: Any, house: House, owner: str
) -> None:
    for number in range(2):
        answers = "<a.0@x>" if number else ""
        one = letter("Secret", Message_ID=f"<a.{number}@x>", In_Reply_To=answers, References=answers)
        await house.deliver(one, owner)
    box, archive = await house.box(owner), await house.box(owner, "Archive")
    await move(house.mail, owner, box.id, [(1, 1)], archive.id)
    house.people.heard |= {"agent1@numerique.gouv.tg": owner, "agent2@sante.gouv.tg": "01JOTHER"}
    with acting_as(await api.identity(owner)):
        grant = sharing_pb2.Grant(address="agent2@sante.gouv.tg", rights="lr")
        await api.sharing.PutGrant(sharing_pb2.PutGrantRequest(mailbox_id=archive.id, grant=grant))
    with acting_as(await api.identity("01JOTHER", "agent2@sante.gouv.tg")):
        page = await browsing.ListConversations(pb.ListConversationsRequest(mailbox=f"{owner}.{archive.id}"))
        (one,) = page.conversations
        assert one.messages == 1
        whole = await browsing.GetConversation(pb.GetConversationRequest(id=one.id))
        assert [each.rfc_message_id for each in whole.messages] == ["<a.0@x>"]
        # To be read, and no more.
        seen = pb.ModifyMessagesRequest(ids=[one.newest.id, f"{owner}.{box.id}"], flags=pb.FlagChange(add=["\\Seen"]))
        assert [each.reason for each in (await browsing.ModifyMessages(seen)).results] == ["forbidden", "not_found"]
        shown = await reading_pb2_grpc.ReadingServiceStub(api.channel).GetMessageContent(
            reading_pb2.GetMessageContentRequest(id=one.newest.id)
        )
        assert shown.text.startswith("Bonjour")


async def test_messages_are_searched_by_what_they_are(api: Api, browsing: Any, house: House, owner: str) -> None:
    ids = await delivered(house, owner, 3)
    await house.deliver(letter("Budget", "Les crédits sont votés.", From="agent3@finances.gouv.tg"), owner)
    box, archive = await house.box(owner), await house.box(owner, "Archive")
    await move(house.mail, owner, box.id, [(2, 2)], archive.id)
    today = house.clock().date().isoformat()
    asked: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["Budget", "Note 2", "Note 1", "Note 0"]),
        ({"mailbox": "INBOX"}, ["Budget", "Note 2", "Note 0"]),
        ({"mailbox": archive.id}, ["Note 1"]),
        ({"text": "CRÉDITS"}, ["Budget"]),
        ({"from": "finances"}, ["Budget"]),
        ({"to": "agent2@sante", "subject": "note"}, ["Note 2", "Note 1", "Note 0"]),
        ({"flags": ["\\Seen"]}, ["Note 0"]),
        ({"without_flags": ["\\Seen"], "subject": "note"}, ["Note 2", "Note 1"]),
        ({"larger": 1_000_000}, []),
        ({"smaller": 1_000_000, "since": "2026-01-01", "before": "2020-01-01"}, []),
        ({"since": today, "subject": "budget"}, ["Budget"]),
    ]
    with acting_as(await api.identity(owner)):
        update = mail_pb2.UpdateMessageRequest(message=mail_pb2.Message(id=ids[0], flags=["\\Seen"]))
        await api.messages.UpdateMessage(update)
        for given, expected in asked:
            answer = await browsing.SearchMessages(pb.SearchMessagesRequest(**given))
            assert [each.subject for each in answer.messages] == expected, given
        found, token = [], ""
        while True:
            request = pb.SearchMessagesRequest(page_size=1, page_token=token)
            answer = await browsing.SearchMessages(request)
            found += [each.subject for each in answer.messages]
            token = answer.next_page_token
            if not token:
                break
        assert found == ["Budget", "Note 2", "Note 1", "Note 0"]
        for wrong in ({"since": "hier"}, {"page_size": 101}, {"page_token": "x"}, {"flags": ["\\Nothing"]}):
            with pytest.raises(InvalidInput):
                await browsing.SearchMessages(pb.SearchMessagesRequest(**wrong))
