"""Search, by everything that IMAP asks."""

from datetime import UTC, date, datetime

import pytest

from services.mail.domain.flags import FlagAction
from services.mail.domain.search import (
    EVERYTHING,
    And,
    Body,
    Criterion,
    HasFlag,
    Header,
    ModSeq,
    Not,
    Or,
    Received,
    Sent,
    Size,
    Text,
    Uids,
)
from services.mail.usecases import append, search, store_flags
from tests.mail.house import House, letter

LETTERS = (
    (letter("Réunion".encode().decode(), "Ordre du jour"), "2026-01-05"),
    (
        letter("=?utf-8?q?Budget_g=C3=A9n=C3=A9ral?=", "Voir la pièce", Date="Tue, 06 Jan 2026 23:30:00 -0500"),
        "2026-01-06",
    ),
    (letter("Note", "x" * 3000, X_Dossier="AB-17", Cc="chef@sante.gouv.tg"), "2026-01-07"),
)


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        (EVERYTHING, [1, 2, 3]),
        (HasFlag("\\Seen"), [2]),
        (Not(HasFlag("\\Seen")), [1, 3]),
        (Uids(((2, 9),)), [2, 3]),
        (And((Uids(((2, 9),)), Not(HasFlag("\\Seen")))), [3]),
        (Or((HasFlag("\\Seen"), Size(larger=3000))), [2, 3]),
        (Size(smaller=3000), [1, 2]),
        (Received(since=date(2026, 1, 6)), [2, 3]),
        (Received(since=date(2026, 1, 6), before=date(2026, 1, 7)), [2]),
        (Sent(since=date(2026, 1, 6), before=date(2026, 1, 7)), [2]),
        (Header("Subject", "RÉUNION"), [1]),
        (Header("subject", "général"), [2]),
        (Header("From", "agent 1 <agent1@"), [1, 2, 3]),
        (Header("Cc", "chef@"), [3]),
        (Header("X-Dossier", "ab-17"), [3]),
        (Header("X-Dossier", ""), [3]),
        (Header("X-Nothing", ""), []),
        (Body("ordre DU jour"), [1]),
        (Body("réunion"), []),
        (Text("réunion"), [1]),
        (Text("pièce"), [2]),
        (Not(Text("agent2")), []),
        (ModSeq(5), [2]),
        (And((ModSeq(3), Header("Subject", "note"))), [3]),
    ],
)
async def test_search(house: House, owner: str, criterion: Criterion, expected: list[int]) -> None:
    box = await house.box(owner)
    for source, day in LETTERS:
        when = datetime.fromisoformat(day).replace(tzinfo=UTC)
        await append(house.mail, owner, box.id, await house.content(source), internal_date=when)
    await store_flags(house.mail, owner, box.id, [(2, 2)], FlagAction.ADD, ["\\Seen"])
    assert [uid for uid, _ in await search(house.mail, owner, box.id, criterion)] == expected
