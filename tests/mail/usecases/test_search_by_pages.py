"""Searches by stored fields ask the pages which messages may have them, and say what the messages say."""

import pytest

from services.mail.domain.flags import FlagAction
from services.mail.domain.search import And, Criterion, HasFlag, Header, Not, Or, Size
from services.mail.usecases import append, copy, expunge, search, store_flags
from tests.mail.house import House, letter

BUDGET, PEOPLE = Header("Subject", "RÉUNION budget"), Header("from", "direction@FINANCES")


async def filled(house: House, owner: str) -> str:
    """Two messages that are looked for, and 256 others: a page of 250, and eight that are in none yet."""
    box = await house.box(owner)
    for source in (
        letter("La réunion BUDGET, enfin", From="La Direction <direction@finances.gouv.tg>"),
        letter("Autre chose", From="direction@finances.gouv.tg", Cc="Réunion budget <r@example.org>"),
        letter("Copy", Message_ID="<copie-7@example.org>"),
    ):
        await append(house.mail, owner, box.id, await house.content(source))
    for _ in range(8):
        await copy(house.mail, owner, box.id, [(3, 258)], box.id)
    return box.id


async def found(house: House, owner: str, mailbox_id: str, criterion: Criterion) -> list[int]:
    return [uid for uid, _ in await search(house.mail, owner, mailbox_id, criterion)]


async def test_pages_say_where_to_look_and_messages_what_is_so(house: House, owner: str) -> None:
    box = await filled(house, owner)
    for _ in range(2):  # when there are no pages yet, and when there are
        assert await found(house, owner, box, BUDGET) == [1]
        assert await found(house, owner, box, PEOPLE) == [1, 2]
        assert await found(house, owner, box, And((PEOPLE, Not(BUDGET)))) == [2]
        assert await found(house, owner, box, Or((BUDGET, Header("cc", "réunion BUDGET")))) == [1, 2]
        assert await found(house, owner, box, Or((BUDGET, Size(None, 1)))) == [1]
        assert len(await found(house, owner, box, Header("message-id", "COPIE-7@"))) == 256
        assert await found(house, owner, box, Header("subject", "nulle part")) == []
    await store_flags(house.mail, owner, box, [(2, 2)], FlagAction.ADD, ["\\Flagged"])
    assert await found(house, owner, box, And((PEOPLE, HasFlag("\\Flagged")))) == [2]
    await expunge(house.mail, owner, box, [(1, 1)], only_deleted=False)
    assert await found(house, owner, box, PEOPLE) == [2]


async def test_a_text_that_no_message_has_costs_no_message(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = await filled(house, owner)
    await found(house, owner, box, BUDGET)
    read: list[int] = []
    searched = house.mail.store.messages.searched

    async def counted(*given: object, **named: object) -> object:
        async for row, *rest in searched(*given, **named):  # type: ignore[arg-type]
            read.append(row.uid)
            yield row, *rest

    monkeypatch.setattr(house.mail.store.messages, "searched", counted)
    assert await found(house, owner, box, Header("subject", "nulle part")) == []
    assert read == [*range(251, 259)]  # which are in no page yet
    assert await found(house, owner, box, BUDGET) == [1]
