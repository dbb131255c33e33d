"""Lists say which letters have something attached, without a look at the letters."""

from services.mail.usecases import append, copy, list_messages
from tests.mail.house import House, letter

_BRANCH = (
    "--b\r\nContent-Type: text/html\r\n\r\n<p>Bonjour <img src=cid:s></p>\r\n"
    "--b\r\nContent-Type: image/png\r\nContent-Disposition: {disposition}; filename=s.png\r\n"
    "Content-ID: <s>\r\n\r\nx\r\n"
    "--b--\r\n"
)


async def test_lists_say_which_letters_have_something_attached(house: House, owner: str) -> None:
    box = await house.box(owner)
    await append(house.mail, owner, box.id, await house.content(letter("Plain")))
    for disposition in ("inline", "attachment"):
        kind = 'multipart/related; boundary="b"'
        body = _BRANCH.format(disposition=disposition)
        source = letter(disposition, body, Content_Type=kind, MIME_Version="1.0")
        await append(house.mail, owner, box.id, await house.content(source))
    expected = {"Plain": False, "inline": False, "attachment": True}
    listed = (await list_messages(house.mail, owner, box.id, count=5)).messages
    assert {each.subject: each.has_attachment for each in listed} == expected
    for each in listed:
        alone, source = await house.mail.store.messages.opened(owner, each.id)
        assert alone == each
        assert len(source.attachments) == (each.subject != "Plain")
    # Copies have what the letter has.
    await copy(house.mail, owner, box.id, [(each.uid, each.uid) for each in listed], box.id)
    held = (await list_messages(house.mail, owner, box.id, count=3)).messages
    assert {each.subject: each.has_attachment for each in held} == expected
