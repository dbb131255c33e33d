"""THREAD (RFC 5256)."""

from tests.mail.house import House, letter
from tests.mail.imap.party import Imap


def answer(own: str, subject: str, above: str = "") -> bytes:
    return letter(subject, Message_ID=f"<{own}@x>", References=above)


async def test_messages_are_told_as_conversations(imap: Imap, house: House, owner: str) -> None:
    for source in (
        answer("a", "Budget"),
        answer("b", "Congés"),
        answer("c", "Re: Budget", "<a@x>"),
        answer("d", "Tout autre chose", "<a@x> <c@x>"),
        answer("e", "Re: Budget", "<a@x>"),
        letter("RE: congés", Message_ID="<f@x>", In_Reply_To="<b@x>"),
    ):
        await house.deliver(source, owner)
        house.clock.advance(minutes=1)
    client = await imap.selected()
    assert await client.ok("THREAD REFERENCES UTF-8 ALL") == [b"* THREAD (1 (3 4)(5))(2 6)"]
    assert await client.ok("THREAD ORDEREDSUBJECT UTF-8 ALL") == [b"* THREAD (1 (3)(5))(2 6)(4)"]
    assert await client.ok("UID THREAD REFERENCES US-ASCII SUBJECT budget") == [b"* THREAD (1 (3)(5))"]
    assert await client.ok("THREAD REFERENCES UTF-8 NOT 1") == [b"* THREAD (2 6)((3 4)(5))"]
    assert await client.ok("THREAD REFERENCES UTF-8 SUBJECT absent") == [b"* THREAD"]
    # Numbers are the session's, and what came since waits for its EXISTS.
    await client.ok("UID STORE 2 +FLAGS.SILENT (\\Deleted)")
    await client.ok("EXPUNGE")
    await house.deliver(answer("g", "Re: Budget", "<a@x> <e@x>"), owner)
    told = await client.ok("THREAD REFERENCES UTF-8 ALL")
    assert told == [b"* THREAD (1 (2 3)(4))(5)", b"* 6 EXISTS"]
    assert await client.ok("UID THREAD REFERENCES UTF-8 ALL") == [b"* THREAD (1 (3 4)(5 7))(6)"]
    assert (await client.do("THREAD REFERENCES X-KLINGON ALL"))[-1].startswith(b"NO [BADCHARSET (")
    for wrong in ("REFS UTF-8 ALL", "REFERENCES ALL", "REFERENCES UTF-8", "(REFERENCES) UTF-8 ALL", ""):
        assert (await client.do(f"THREAD {wrong}"))[-1].startswith(b"BAD "), wrong
    await client.ok("SELECT Archive")
    assert await client.ok("THREAD REFERENCES UTF-8 ALL") == [b"* THREAD"]
