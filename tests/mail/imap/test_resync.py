"""QRESYNC (RFC 7162): who comes back is told what was missed, and no more than that."""

import sys
from datetime import timedelta

import pytest

from services.mail.domain.flags import FlagAction
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.message import View
from services.mail.usecases import Mail, expunge, forget_expunges, store_flags, view_of
from tests.mail.house import House, letter
from tests.mail.imap.party import Imap


def cursor_of(told: list[bytes]) -> tuple[int, int]:
    """UIDVALIDITY and HIGHESTMODSEQ that a SELECT told."""
    codes = b"".join(told)
    return tuple(  # type: ignore[return-value]
        int(codes.partition(name)[2].partition(b"]")[0]) for name in (b"[UIDVALIDITY ", b"[HIGHESTMODSEQ ")
    )


async def test_a_client_that_comes_back_is_told_what_it_missed(imap: Imap, house: House, owner: str) -> None:
    """RFC 7162 §3.2.5."""
    for number in range(8):
        await house.deliver(letter(f"n{number}"), owner)
    client, other = await imap.logged_in(), await imap.selected()
    assert (await client.do("SELECT INBOX (QRESYNC (1 1))"))[-1].startswith(b"BAD ")
    assert await client.ok("ENABLE QRESYNC") == [b"* ENABLED QRESYNC"]
    validity, modseq = cursor_of(await client.ok("SELECT INBOX"))
    assert not [
        line for line in await client.ok(f"SELECT INBOX (QRESYNC ({validity} {modseq}))") if b"VANISHED" in line
    ]
    await client.ok("UNSELECT")
    await other.ok("UID STORE 2,3,7 +FLAGS.SILENT (\\Deleted)")
    await other.ok("EXPUNGE")
    await other.ok("UID STORE 5 +FLAGS.SILENT (\\Flagged)")
    await house.deliver(letter("neuf"), owner)
    told = await client.ok(f"SELECT INBOX (CONDSTORE QRESYNC ({validity} {modseq}))")
    at = told.index(b"* VANISHED (EARLIER) 2:3,7")
    assert told[at + 1].startswith(b"* 3 FETCH (UID 5 FLAGS (\\Flagged) MODSEQ (")
    assert told[at + 2].startswith(b"* 6 FETCH (UID 9 FLAGS () MODSEQ (")
    # Of what the client names alone; pairs by which it helps others to guess are no matter.
    told = await client.ok(f"SELECT INBOX (QRESYNC ({validity} {modseq} 1:3,6 (1,2 1,2)))")
    assert [line for line in told if b"VANISHED" in line or b"FETCH" in line] == [b"* VANISHED (EARLIER) 2:3"]
    # Another mailbox of the same name has nothing to tell.
    told = await client.ok(f"SELECT INBOX (QRESYNC ({validity + 1} {modseq}))")
    assert not [line for line in told if b"VANISHED" in line or b"FETCH" in line]
    for wrong in ("(1)", "(1 1 $)", "(1 1 1:*)", "(1 1 1 (1))", "1 1", "(1 1) QRESYNC (1 1)", "(x 1)"):
        assert (await client.do(f"SELECT INBOX (QRESYNC {wrong})"))[-1].startswith(b"BAD "), wrong


async def test_what_goes_is_told_by_uid_once_that_is_enabled(imap: Imap, house: House, owner: str) -> None:
    for number in range(5):
        await house.deliver(letter(f"n{number}"), owner)
    client, plain = await imap.logged_in(), await imap.selected()
    await client.ok("ENABLE QRESYNC")
    _, modseq = cursor_of(await client.ok("SELECT INBOX"))
    await client.ok("UID STORE 1,2,4 +FLAGS.SILENT (\\Deleted)")
    told = await client.do("EXPUNGE")
    assert told[:-1] == [b"* VANISHED 1:2,4"]
    assert told[-1].startswith(b"OK [HIGHESTMODSEQ ")
    assert [line for line in await plain.ok("NOOP") if b"EXPUNGE" in line] == [
        b"* 4 EXPUNGE", b"* 2 EXPUNGE", b"* 1 EXPUNGE",
    ]  # fmt: skip
    [told] = await client.ok(f"UID FETCH 1:3 FLAGS (CHANGEDSINCE {modseq} VANISHED)")
    assert told == b"* VANISHED (EARLIER) 1:2"
    for wrong in (f"FETCH 1 FLAGS (CHANGEDSINCE {modseq} VANISHED)", "UID FETCH 1 FLAGS (VANISHED)"):
        assert (await client.do(wrong))[-1].startswith(b"BAD "), wrong
    assert (await plain.do("UID FETCH 3 FLAGS (CHANGEDSINCE 1 VANISHED)"))[-1].startswith(b"BAD ")
    assert (await client.ok("SELECT Archive"))[0].startswith(b"* OK [CLOSED]")


async def test_what_the_store_has_forgotten_is_told_as_all_that_is_not_there(
    imap: Imap, house: House, owner: str
) -> None:
    for number in range(6):
        await house.deliver(letter(f"n{number}"), owner)
    client = await imap.logged_in()
    await client.ok("ENABLE QRESYNC")
    validity, modseq = cursor_of(await client.ok("SELECT INBOX"))
    await client.ok("UID STORE 2,5 +FLAGS.SILENT (\\Deleted)")
    await client.ok("EXPUNGE")
    # As if the worker had published them.
    await house.database["tombstones"].update_many({"pending": 1}, {"$unset": {"pending": "", "outbox": ""}})
    house.clock.advance(days=100)
    assert await forget_expunges(house.mail, timedelta(days=60)) == 1
    told = await client.ok(f"SELECT INBOX (QRESYNC ({validity} {modseq}))")
    assert [line for line in told if b"VANISHED" in line] == [b"* VANISHED (EARLIER) 2,5"]
    told = await client.ok(f"SELECT INBOX (QRESYNC ({validity} {modseq} 4:100))")
    assert [line for line in told if b"VANISHED" in line] == [b"* VANISHED (EARLIER) 5"]


@pytest.mark.parametrize("before", [True, False])
async def test_what_happens_while_a_mailbox_is_selected_is_told_once(
    imap: Imap, house: House, owner: str, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    """Before the messages are read it is in what is selected, and nobody will tell it later; after, it is news."""
    box = await house.fill(owner, 2)
    client = await imap.logged_in()
    await client.ok("ENABLE QRESYNC")
    validity, modseq = cursor_of(await client.ok("SELECT INBOX"))

    async def overtaken(mail: Mail, mailbox: Mailbox) -> View:
        seen = None if before else await view_of(mail, mailbox)
        await store_flags(mail, owner, box.id, [(3, 3)], FlagAction.ADD, ["\\Flagged"])
        await expunge(mail, owner, box.id, [(2, 2)], only_deleted=False)
        return seen or await view_of(mail, mailbox)

    monkeypatch.setattr(sys.modules["services.mail.imap.commands.select"], "view_of", overtaken)
    told = await client.ok(f"SELECT INBOX (QRESYNC ({validity} {modseq}))")
    at_once = [line for line in told if b"VANISHED" in line or b"FETCH" in line]
    later = await client.ok("NOOP")
    changed = b" FETCH (UID 3 FLAGS (\\Flagged) MODSEQ (%d))" % (modseq + 1)
    if before:
        assert (at_once, later) == ([b"* VANISHED (EARLIER) 2", b"* 2" + changed], [])
    else:
        assert (at_once, later) == ([], [b"* VANISHED 2", b"* 2" + changed])
