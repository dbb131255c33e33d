"""What mail programs delete can be had back, and is nowhere meanwhile."""

from services.mail.usecases.restore import restore
from tests.mail.house import House, letter
from tests.mail.imap.party import Imap


async def test_what_is_expunged_is_nowhere_until_it_is_put_back(imap: Imap, house: House, owner: str) -> None:
    for subject in ("Une", "Deux", "Trois"):
        await house.deliver(letter(subject), owner)
    client = await imap.selected()
    await client.ok("STORE 1 +FLAGS (\\Deleted)")
    await client.ok("EXPUNGE")
    await client.ok("CREATE Dossiers")
    await client.ok("MOVE 1 Dossiers")
    await client.ok("DELETE Dossiers")
    # Closing expunges as well.
    await client.ok("STORE 1 +FLAGS (\\Deleted)")
    await client.ok("CLOSE")
    assert b"Deux" not in b"".join(await client.ok('LIST "" "*"'))
    for name in ("INBOX", "Trash"):
        assert b"* 0 EXISTS" in await client.ok(f"SELECT {name}")
        assert await client.ok("SEARCH ALL") in ([b"* SEARCH"], [])
    kept = await house.mail.store.recoverable.page(owner, "", 10)
    assert {(each.subject, each.mailbox) for each in kept} == {
        ("Une", "INBOX"), ("Deux", "Dossiers"), ("Trois", "INBOX"),
    }  # fmt: skip
    await client.ok("SELECT INBOX")
    await restore(house.mail, owner, [each.id for each in kept])
    assert b"* 2 EXISTS" in await client.ok("NOOP")
    assert b"* 1 EXISTS" in await client.ok("SELECT Restaur&AOk-s")
