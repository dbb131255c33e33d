"""The lines of many messages made at once (services.mail.imap.listing)."""

from array import array

from services.mail.domain.message import FetchRow, FetchRows, View
from services.mail.imap.codec.commands import Item
from services.mail.imap.listing import Listing
from services.mail.imap.selected import Selected

DATE = b'"29-Nov-2026 08:00:00 +0000"'
LISTED = [Item.UID, Item.FLAGS, Item.MODSEQ, Item.INTERNALDATE, Item.SIZE, Item.ENVELOPE, Item.BODYSTRUCTURE]


def selected(*uids: int) -> Selected:
    flags = [("\\Seen",) if uid % 2 else () for uid in uids]
    view = View(1, 100, 9, array("I", uids), flags, array("Q", uids))
    return Selected("box", view, read_only=False, owner="owner")


def rows(*uids: int) -> FetchRows:
    return FetchRows.of([FetchRow(uid, DATE, 100 * uid, b"(envelope %d)" % uid, b"(body %d)" % uid) for uid in uids])


def told(listing: Listing, given: FetchRows) -> list[bytes]:
    return listing.lines(*listing.placed(given)).splitlines()


def test_all_that_a_page_has() -> None:
    first, second = told(Listing(selected(1, 3, 4), LISTED), rows(3, 4))
    assert first == (
        b'* 2 FETCH (UID 3 FLAGS (\\Seen) MODSEQ (3) INTERNALDATE "29-Nov-2026 08:00:00 +0000" RFC822.SIZE 300'
        b" ENVELOPE (envelope 3) BODYSTRUCTURE (body 3))"
    )
    assert second.startswith(b"* 3 FETCH (UID 4 FLAGS () MODSEQ (4) ")


def test_messages_that_the_session_does_not_know_are_left_out() -> None:
    listing = Listing(selected(1, 3, 4, 9), [Item.UID, Item.SIZE])
    assert told(listing, rows(1, 2, 3, 9, 10)) == [
        b"* 1 FETCH (UID 1 RFC822.SIZE 100)",
        b"* 2 FETCH (UID 3 RFC822.SIZE 300)",
        b"* 4 FETCH (UID 9 RFC822.SIZE 900)",
    ]
    assert told(listing, rows(2)) == told(listing, rows()) == []


def test_one_message_is_told_as_many_are() -> None:
    listing = Listing(selected(1, 3), LISTED)
    [row] = rows(3)
    assert told(listing, rows(3)) == [b"* 2 FETCH (%b)" % b" ".join(listing.told(1, row))]
