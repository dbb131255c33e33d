"""Who a letter says it is from, whatever its header looks like."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Forbidden, InvalidInput
from services.mail.domain.envelope import Sender
from services.mail.domain.mime import Scanner, describe
from services.mail.domain.outgoing import outgoing

OWN = "agent1@numerique.gouv.tg"
SENDER = Sender("01JSENDER", OWN, ())
NOW = datetime(2026, 1, 1, tzinfo=UTC)
# What stands before a letter's own header once it is delivered.
TRACE = f"Return-Path: <{OWN}>\r\nReceived: by mail\r\n".encode()


def authors(header: bytes) -> set[str]:
    """Whom a reader sees, once the letter is delivered."""
    scanner = Scanner()
    scanner.feed(TRACE + header)
    return {who.address for who in describe(scanner.close()).from_}


@pytest.mark.parametrize(
    "first",
    [
        "From : president@gouv.tg", "From\t: president@gouv.tg", ">From : president@gouv.tg", "FROM: president@gouv.tg",
        "From president@gouv.tg", "From:president@gouv.tg", "From: x\r\n <president@gouv.tg>",
        "From:\r\n president@gouv.tg",
        "Sender: president@gouv.tg", "From: president@gouv.tg Thu Jan  1 00:00:00 2026",
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", [0, 1, 2])
def test_no_spelling_of_from_lends_anothers_name(first: str, where: int) -> None:
    lines = [f"From: {OWN}", "To: agent2@sante.gouv.tg"]
    lines.insert(where, first)
    with pytest.raises((Forbidden, InvalidInput)):
        outgoing("\r\n".join([*lines, "", ""]).encode(), SENDER, NOW, "unique")


@pytest.mark.parametrize("field", ["Resent-From", "resent-sender", "RESENT-FROM"])
@pytest.mark.parametrize("others", [[], [f"Resent-From: {OWN}"], ["Resent-To: agent2@sante.gouv.tg"]])
def test_nobody_sends_on_in_anothers_name(field: str, others: list[str]) -> None:
    lines = [f"From: {OWN}", "To: agent2@sante.gouv.tg", *others]
    for value in ("president@gouv.tg", f"{OWN}, president@gouv.tg", f"{OWN}\r\n <president@gouv.tg>"):
        with pytest.raises(Forbidden):
            outgoing("\r\n".join([*lines, f"{field}: {value}", "", ""]).encode(), SENDER, NOW, "unique")
    made = outgoing("\r\n".join([*lines, f"{field}: Agent <{OWN}>", "", ""]).encode(), SENDER, NOW, "unique")
    assert f"{field}: Agent <{OWN}>".encode() in made.header


PIECES = st.sampled_from(
    [
        "From", "from", ">From", "Sender", "X", ":", " :", "\t:", " ", "\t", "\r\n", "\r\n ", ",", ";", "<", ">",
        "(", ")", '"', "=?utf-8?q?x?=", OWN, "president@gouv.tg", "Dir:", "\\", "é", "To: x@sante.gouv.tg\r\n",
        f"From: {OWN}\r\n",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=14), st.lists(PIECES, max_size=14))
def test_what_goes_out_is_read_as_from_its_sender_alone(before: list[str], after: list[str]) -> None:
    header = f"{''.join(before)}\r\nFrom: {OWN}\r\n{''.join(after)}\r\n\r\n".lstrip("\r\n").encode()
    with suppress(Forbidden, InvalidInput):
        assert authors(outgoing(header, SENDER, NOW, "unique").header) == {OWN}
