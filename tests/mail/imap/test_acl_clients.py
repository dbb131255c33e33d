"""Mailboxes of others as imaplib and IMAPClient find and share them."""

import asyncio
import imaplib

from imapclient import IMAPClient

from tests.mail.house import House, letter
from tests.mail.imap.party import ADDRESS, PASSWORD, Imap

GUEST, GUEST_ADDRESS = "01JACCOUNT0000000000000002", "agent2@sante.gouv.tg"
INBOX = f"Autres utilisateurs/{ADDRESS}/INBOX"


def _share(imap: Imap) -> None:
    with imaplib.IMAP4_SSL("localhost", imap.server.ports[1], ssl_context=imap.trust, timeout=20) as client:
        client.login(ADDRESS, PASSWORD)
        assert "ACL" in client.capability()[1][0].decode().split()
        assert client.setacl("INBOX", GUEST_ADDRESS, "lrs")[0] == "OK"
        assert client.myrights("INBOX") == ("OK", [b"INBOX lrswipkxteacd"])
        assert client.getacl("INBOX")[0] == "OK"


def _visit(imap: Imap) -> None:
    with IMAPClient("localhost", port=imap.server.ports[1], ssl_context=imap.trust, timeout=20) as client:
        client.login(GUEST_ADDRESS, PASSWORD)
        assert [each[0][0] for each in client.namespace()[1:]] == ["Autres utilisateurs/", "Fonctions/"]
        assert INBOX in [name for _, _, name in client.list_folders()]
        assert client.select_folder(INBOX)[b"PERMANENTFLAGS"] == (b"\\Seen",)
        assert client.fetch([1], ["BODY[]"])[1][b"BODY[]"] == letter("un")
        assert client.get_flags([1])[1] == (b"\\Seen",)
        client.copy([1], "Archive")
        assert client.folder_status("Archive", ["MESSAGES"])[b"MESSAGES"] == 1


async def test_clients_of_others_share_and_visit(imap: Imap, house: House, owner: str) -> None:
    house.people.heard |= {ADDRESS: owner, GUEST_ADDRESS: GUEST}
    imap.doorkeeper.others[GUEST_ADDRESS] = GUEST
    await house.deliver(letter("un"), owner)
    await asyncio.to_thread(_share, imap)
    await asyncio.to_thread(_visit, imap)
