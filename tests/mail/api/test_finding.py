"""SearchMessages: words without accents, what is attached, mailboxes of others."""

from typing import Any

import pytest
from workspace.mail.v1 import browsing_pb2 as pb
from workspace.mail.v1 import browsing_pb2_grpc

from chassis.errors import InvalidInput, NotFound
from chassis.identity import acting_as
from services.mail.domain.search import Text
from services.mail.domain.sharing import Function
from services.mail.usecases import find_messages as finding
from services.mail.usecases.create_mailbox import create_mailbox
from services.mail.usecases.delete_mailbox import delete_mailbox
from services.mail.usecases.follow_function import follow_function
from services.mail.usecases.index_terms import index_due
from services.mail.usecases.share_mailbox import share_mailbox
from tests.mail.api.conftest import Api
from tests.mail.house import House, letter
from tests.mail.usecases.test_index_terms import MIXED

FUNCTION, OTHER = "01JFUNCTION000000000000001", "01JACCOUNT0000000000000009"


@pytest.fixture
def browsing(api: Api) -> Any:
    return browsing_pb2_grpc.BrowsingServiceStub(api.channel)


async def found(browsing: Any, **asked: Any) -> list[str]:
    answer = await browsing.SearchMessages(pb.SearchMessagesRequest(**asked))
    assert not answer.next_page_token
    return [each.subject for each in answer.messages]


async def test_words_are_found_wherever_they_stand_without_accents(
    api: Api, browsing: Any, house: House, owner: str
) -> None:
    await house.deliver(
        letter("=?utf-8?q?R=C3=A9union_du_comit=C3=A9?=", "L'ordre", From="=?utf-8?q?K=C3=B4mlan?= <a1@sante.gouv.tg>"),
        owner,
    )
    await house.deliver(MIXED, owner)
    for _ in range(2):  # before terms are kept, and after
        with acting_as(await api.identity(owner)):
            for asked, expected in (
                ({"text": "reunion comite"}, ["Réunion du comité"]),
                ({"text": "ordre comit"}, ["Réunion du comité"]),
                ({"subject": "COMITE reun"}, ["Réunion du comité"]),
                ({"subject": "ordre"}, []),
                ({"from": "komlan"}, ["Réunion du comité"]),
                ({"from": "a1@sante.gouv.tg"}, ["Réunion du comité"]),
                ({"text": "decret 2026"}, ["Bordereau"]),
                ({"has_attachment": True}, ["Bordereau"]),
                ({"has_attachment": False}, ["Réunion du comité"]),
                ({"has_attachment": True, "text": "reunion"}, []),
                ({"text": "agou", "subject": "bord", "without_flags": ["\\Seen"]}, ["Bordereau"]),
            ):
                assert await found(browsing, **asked) == expected, asked
        await index_due(house.mail)


async def test_mailboxes_of_functions_and_of_others_are_searched_too(
    api: Api, browsing: Any, house: House, owner: str
) -> None:
    house.people.heard |= {"agent1@gouv.tg": owner, "agent9@gouv.tg": OTHER}
    await follow_function(house.mail, Function(FUNCTION, "courrier@sante.gouv.tg", (owner,), True, 1))
    for account, subject in ((owner, "Mien"), (FUNCTION, "Fonction"), (OTHER, "Autre")):
        await house.deliver(letter(subject, "décret"), account)
        house.clock.advance(minutes=1)
    kept = await create_mailbox(house.mail, OTHER, "Secret")
    with acting_as(await api.identity(owner)):
        assert await found(browsing, text="decret") == ["Mien"]
        assert await found(browsing, text="decret", shared=True) == ["Fonction", "Mien"]
        box = await house.box(OTHER)
        await share_mailbox(house.mail, OTHER, OTHER, box.id, "agent1@gouv.tg", "lr")
        assert await found(browsing, text="decret", shared=True) == ["Autre", "Fonction", "Mien"]
        subjects, token = [], ""
        for _ in range(3):
            request = pb.SearchMessagesRequest(text="decret", shared=True, page_size=1, page_token=token)
            page = await browsing.SearchMessages(request)
            subjects += [each.subject for each in page.messages]
            token = page.next_page_token
        assert (subjects, token) == (["Autre", "Fonction", "Mien"], "")
        await share_mailbox(house.mail, OTHER, OTHER, box.id, "agent1@gouv.tg", "l")
        assert await found(browsing, text="decret", shared=True) == ["Fonction", "Mien"]
        with pytest.raises(NotFound):
            await found(browsing, text="decret", mailbox=f"{OTHER}.{kept.id}")
        with pytest.raises(InvalidInput):
            await found(browsing, text="decret", page_token="bm9ib2R5IDEgMiAz")
        await follow_function(house.mail, Function(FUNCTION, "courrier@sante.gouv.tg", (OTHER,), True, 2))
        assert await found(browsing, text="decret", shared=True) == ["Mien"]


async def test_the_newest_are_enough(
    api: Api, browsing: Any, house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MOST_FOUND", 3)
    await house.fill(owner, 3)
    with acting_as(await api.identity(owner)):
        answer = await browsing.SearchMessages(pb.SearchMessagesRequest(text="copy", page_size=2))
        assert (sorted(each.uid for each in answer.messages), answer.truncated) == ([7, 8], True)


async def test_a_mailbox_that_is_deleted_meanwhile_is_left_out(house: House, owner: str) -> None:
    await house.fill(owner, 1)
    gone = await create_mailbox(house.mail, owner, "Parti")
    boxes = await house.mail.store.mailboxes.of(owner)
    await delete_mailbox(house.mail, owner, gone.id)
    page = await finding.find_messages(house.mail, boxes, Text("copy"), count=10)
    assert len(page.messages) == 2
