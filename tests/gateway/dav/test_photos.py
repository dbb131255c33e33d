"""Photos in the national address book as CardDAV clients see it."""

from base64 import b64decode
from io import BytesIO

from PIL import Image

from services.directory.domain.vcards import read_card
from tests.directory.conftest import Land, Stack
from tests.directory.test_address_book import until
from tests.directory.test_photos import picture, set_photo, stack
from tests.gateway.dav.conftest import Client

__all__ = ["stack"]


async def test_a_persons_card_has_the_photo_and_goes_on_without(agent: Client, stack: Stack, land: Land) -> None:
    someone = land.health_agent
    href = f"{agent.home}annuaire/{someone.account.id}.vcf"
    before = await agent.ask("GET", href)
    assert b"PHOTO" not in before.content
    await set_photo(stack, someone, someone, picture())

    async def shown() -> bool:
        return b"PHOTO" in (await agent.ask("GET", href)).content

    await until(shown)
    answer = await agent.ask("GET", href)
    assert answer.headers["etag"] != before.headers["etag"]
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    unfolded = answer.content.replace(b"\r\n ", b"")
    [line] = [each for each in unfolded.split(b"\r\n") if each.startswith(b"PHOTO")]
    named, _, octets = line.partition(b":")
    assert named == b"PHOTO;ENCODING=b;TYPE=JPEG"
    assert Image.open(BytesIO(b64decode(octets))).size == (192, 192)
    assert read_card(answer.content)
    listed = await agent.propfind(href, "D:getetag", "D:getcontentlength", depth="0")
    assert listed.properties[href]["getcontentlength"].text == str(len(answer.content))
    assert listed.properties[href]["getetag"].text == answer.headers["etag"]
    assert (await agent.ask("COPY", href, destination=f"{agent.book}x.vcf")).status_code == 201
    await stack.database["blobs"].delete_many({"object": {"$gt": ""}})
    without = await agent.ask("GET", href)
    assert without.content == before.content
