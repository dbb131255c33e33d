"""SEARCH, its short and its saved results (RFC 4731, RFC 5182), SORT (RFC 5256) and WITHIN (RFC 5032)."""

from tests.mail.house import House, letter
from tests.mail.imap.party import Imap

SEARCHES = [
    ("ALL", b" 1 2 3"),
    ("SEEN", b" 1"),
    ("UNSEEN", b" 2 3"),
    ("NOT SEEN FLAGGED", b" 3"),
    ("OR SEEN FLAGGED", b" 1 3"),
    ("1,3 UNSEEN", b" 3"),
    ("UID 2:*", b" 2 3"),
    ("SUBJECT budget", b" 2"),
    ("SUBJECT R\u00e9union", b" 3"),
    ("FROM agent1 TO sante", b" 1 2 3"),
    ("HEADER Message-ID note1", b" 1"),
    ("BODY urgent", b" 2"),
    ("TEXT budget", b" 2"),
    ("LARGER 1000", b""),
    ("SMALLER 10000", b" 1 2 3"),
    ("SINCE 2-Mar-2026 BEFORE 1-Jan-2199", b" 1 2 3"),
    ("BEFORE 2-Mar-2026", b""),
    ("SENTON 2-Mar-2026", b" 1 2 3"),
    ("SENTBEFORE 1-Jan-2026", b""),
    ("KEYWORD $Forwarded", b""),
    ("UNKEYWORD $Forwarded", b" 1 2 3"),
    ("NEW", b""),
    ("(SEEN) (1:2)", b" 1"),
]


async def test_search(imap: Imap, house: House, owner: str) -> None:
    await house.deliver(letter("note1"), owner)
    await house.deliver(letter("budget", body="C'est urgent."), owner)
    await house.deliver(letter("=?utf-8?q?R=C3=A9union?="), owner)
    client = await imap.selected()
    await client.ok("STORE 1 +FLAGS.SILENT (\\Seen)")
    await client.ok("STORE 3 +FLAGS.SILENT (\\Flagged)")
    for keys, expected in SEARCHES:
        literal = "Réunion".encode()
        command = keys.encode().replace(literal, b"{%d+}\r\n%b" % (len(literal), literal))
        if literal in command:
            command = b"CHARSET UTF-8 " + command
        assert await client.ok(b"SEARCH " + command) == [b"* SEARCH" + expected], keys
    assert (await client.do("SEARCH CHARSET X-KLINGON ALL"))[-1].startswith(b"NO [BADCHARSET (")
    [told] = await client.ok("UID SEARCH MODSEQ 1")
    assert told.startswith(b"* SEARCH 1 2 3 (MODSEQ ")


async def test_search_tells_its_result_in_short(imap: Imap, house: House, owner: str) -> None:
    """RFC 4731."""
    for number in range(12):
        await house.deliver(letter(f"n{number}"), owner)
    client = await imap.selected()
    await client.ok("UID STORE 3,9 +FLAGS.SILENT (\\Deleted)")
    await client.ok("EXPUNGE")

    async def told(command: str) -> bytes:
        [line] = await client.ok(command)
        head, _, rest = line.partition(b") ") if b") " in line else (line.removesuffix(b")"), b"", b"")
        assert head.startswith(b'* ESEARCH (TAG "')
        return rest

    assert await told("SEARCH RETURN () ALL") == b"ALL 1:10"
    assert await told("UID SEARCH RETURN (ALL) ALL") == b"UID ALL 1:2,4:8,10:12"
    assert await told("SEARCH RETURN (MIN MAX COUNT) UID 4:*") == b"MIN 3 MAX 10 COUNT 8"
    assert await told("UID SEARCH RETURN (MAX MIN) NOT UID 1:4") == b"UID MIN 5 MAX 12"
    assert await told("SEARCH RETURN (MIN COUNT) SUBJECT absent") == b"COUNT 0"
    assert await told("SEARCH RETURN (MIN MAX ALL) SUBJECT absent") == b""
    assert (await told("SEARCH RETURN (COUNT) CHARSET UTF-8 MODSEQ 1")).startswith(b"COUNT 10 MODSEQ ")
    for wrong in ("RETURN (NONE) ALL", "RETURN MIN ALL", "RETURN (MIN", "RETURN (MIN MIN) RETURN (MAX) ALL"):
        assert (await client.do(f"SEARCH {wrong}"))[-1].startswith(b"BAD "), wrong


async def test_a_saved_result_is_what_later_commands_are_about(imap: Imap, house: House, owner: str) -> None:
    """RFC 5182."""
    for number in range(6):
        await house.deliver(letter(f"n{number}"), owner)
    client, other = await imap.selected(), await imap.selected()
    assert await client.ok("FETCH $ UID") == []
    assert await client.ok("SEARCH RETURN (SAVE) OR UID 2:4 UID 6") == []
    assert await client.ok("UID SEARCH $") == [b"* SEARCH 2 3 4 6"]
    await client.ok("STORE $ +FLAGS.SILENT (\\Flagged)")
    assert await client.ok("SEARCH FLAGGED") == [b"* SEARCH 2 3 4 6"]
    [line] = await client.ok("UID SEARCH RETURN (SAVE COUNT) $ UID 3:*")
    assert line.endswith(b" UID COUNT 3")
    # What is expunged leaves the saved result.
    await other.ok("UID STORE 4 +FLAGS.SILENT (\\Deleted)")
    await other.ok("EXPUNGE")
    assert await client.ok("NOOP") == [b"* 4 EXPUNGE"]
    assert await client.ok("FETCH $ UID") == [b"* 3 FETCH (UID 3)", b"* 5 FETCH (UID 6)"]
    await client.ok("UID COPY $ Archive")
    [line] = await client.ok("SEARCH RETURN (SAVE MIN) ALL")
    assert line.endswith(b" MIN 1")
    assert await client.ok("FETCH $ UID") == [b"* 1 FETCH (UID 1)"]
    # A search that fails saves nothing; another mailbox has nothing saved.
    assert (await client.do("SEARCH RETURN (SAVE) 99"))[-1].startswith(b"BAD ")
    assert await client.ok("FETCH $ UID") == []
    await client.ok("SEARCH RETURN (SAVE) ALL")
    await client.ok("SELECT Archive")
    assert await client.ok("FETCH $ UID") == []
    for wrong in ("FETCH $,1 UID", "FETCH 1:$ UID", "FETCH $$ UID"):
        assert (await client.do(wrong))[-1].startswith(b"BAD "), wrong


async def test_messages_are_sorted(imap: Imap, house: House, owner: str) -> None:
    """RFC 5256."""
    for subject, sender, date, body in (
        ("Budget", "Yawa <yawa@gouv.tg>", "Mon, 02 Mar 2026 09:30:00 +0000", "x" * 300),
        ("Re: [DGB] annexe", "afi@gouv.tg", "Mon, 02 Mar 2026 09:30:00 +0200", "x"),
        ("RE: budget (fwd)", "Kofi@gouv.tg", "", "x" * 150),
        ("Annexe", "afi@gouv.tg", "Sun, 01 Mar 2026 09:30:00 +0000", "x" * 900),
    ):
        await house.deliver(letter(subject, body=body, From=sender, Date=date), owner)
        house.clock.advance(minutes=1)
    client = await imap.selected()
    for order, expected in (
        ("ARRIVAL", b"1 2 3 4"),
        ("REVERSE ARRIVAL", b"4 3 2 1"),
        ("SUBJECT", b"2 4 1 3"),
        ("SUBJECT REVERSE ARRIVAL", b"4 2 3 1"),
        ("FROM SIZE", b"2 4 3 1"),
        ("DATE", b"4 2 1 3"),
        ("SIZE", b"2 3 1 4"),
        ("CC", b"1 2 3 4"),
        ("TO REVERSE FROM", b"1 3 2 4"),
    ):
        assert await client.ok(f"SORT ({order}) UTF-8 ALL") == [b"* SORT " + expected], order
    assert await client.ok("UID SORT (SIZE) US-ASCII NOT SUBJECT budget") == [b"* SORT 2 4"]
    assert await client.ok("SORT (SIZE) UTF-8 SUBJECT absent") == [b"* SORT"]
    assert (await client.do("SORT (SIZE) X-KLINGON ALL"))[-1].startswith(b"NO [BADCHARSET (")
    for wrong in ("() UTF-8 ALL", "(SIZE UTF-8 ALL", "(REVERSE) UTF-8 ALL", "(COLOUR) UTF-8 ALL", "(SIZE) UTF-8"):
        assert (await client.do(f"SORT {wrong}"))[-1].startswith(b"BAD "), wrong


async def test_search_by_age(imap: Imap, house: House, owner: str) -> None:
    """RFC 5032."""
    await house.deliver(letter("vieux"), owner)
    house.clock.advance(hours=2)
    await house.deliver(letter("neuf"), owner)
    house.clock.advance(minutes=10)
    client = await imap.selected()
    assert await client.ok("SEARCH OLDER 3600") == [b"* SEARCH 1"]
    assert await client.ok("SEARCH YOUNGER 3600") == [b"* SEARCH 2"]
    assert await client.ok("SEARCH NOT OLDER 3600 YOUNGER 60") == [b"* SEARCH"]
    for wrong in ("OLDER 0", "YOUNGER x", "OLDER", "OLDER 99999999999"):
        assert (await client.do(f"SEARCH {wrong}"))[-1].startswith(b"BAD "), wrong
