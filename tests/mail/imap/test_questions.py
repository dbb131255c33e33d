"""How many questions commands ask of the database, and that those left out were not needed."""

import pytest

from services.mail.domain.flags import FlagAction
from services.mail.usecases import expunge, store_flags
from tests.mail.house import House
from tests.mail.imap.party import Client, Imap


async def asked(house: House, client: Client, command: str) -> int:
    before = house.recorder.count
    await client.ok(command)
    return house.recorder.count - before


@pytest.mark.parametrize(
    ("command", "most"),
    [
        ("SELECT INBOX", 2),  # the mailbox, and its messages
        ("FETCH 1:4 (UID FLAGS ENVELOPE)", 2),  # the messages, and whether anything happened
        ("FETCH 1:4 (FLAGS)", 1),
        ("STORE 2 +FLAGS (\\Flagged)", 4),  # flags, the mailbox's counters and what they are then, the message
        ("STORE 2 +FLAGS ($Rien)", 4),
        ("FETCH 1 BODY[HEADER.FIELDS (Subject)]", 6),
    ],
)
async def test_a_command_asks_no_more_than_it_needs(
    imap: Imap, house: House, owner: str, command: str, most: int
) -> None:
    await house.fill(owner, 2)
    client = await imap.selected()
    assert await asked(house, client, command) == most


async def test_what_others_changed_before_is_told_all_the_same(imap: Imap, house: House, owner: str) -> None:
    box = await house.fill(owner, 2)
    client = await imap.selected()
    await store_flags(house.mail, owner, box.id, [(3, 3)], FlagAction.ADD, ["$avant"])
    told = await client.ok("STORE 2 +FLAGS.SILENT (\\Flagged)")
    assert told == [b"* 3 FETCH (UID 3 FLAGS ($avant))"]
    await expunge(house.mail, owner, box.id, [(4, 4)], only_deleted=False)
    # What changes nothing has no modseq of its own.
    assert await client.ok("UID STORE 2 +FLAGS.SILENT (\\Flagged)") == [b"* 4 EXPUNGE"]
    await expunge(house.mail, owner, box.id, [(1, 1)], only_deleted=False)
    assert await client.ok("FETCH 2 (UID)") == [b"* 2 FETCH (UID 2)"]
    # An expunge that waits to be told is told by the next command that may.
    assert (await client.ok("STORE 2 -FLAGS (\\Flagged)"))[0].startswith(b"* 2 FETCH (UID 2 FLAGS ")
    assert await client.ok("UID STORE 2 +FLAGS.SILENT (\\Flagged)") == [b"* 1 EXPUNGE"]
    assert await client.ok("NOOP") == []
