"""Photos of persons: what is taken, what is made of it, who sees it, and how it ends."""

import struct
import zlib
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from google.api.httpbody_pb2 import HttpBody
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, PngImagePlugin
from workspace.directory.v1 import addressbook_pb2 as book_pb
from workspace.directory.v1 import directory_pb2
from workspace.directory.v1 import life_pb2 as life
from workspace.directory.v1 import photos_pb2 as pb

from chassis.blobs import BlobStore, KeyRing, LateBucketPart, Sweeper
from chassis.blobs.records import now
from chassis.documents import scans
from chassis.errors import Forbidden, InvalidInput, NotFound, TooLarge, TooManyRequests, Unavailable
from chassis.ids import new_id
from chassis.rpc import translated
from deploy.local.certificates import Authority
from deploy.local.standins import ObjectStore
from services.directory import bootstrap
from services.directory.domain.photos import MAX_OCTETS, SIZES, renditions_of
from services.directory.store.photos import PhotoStore
from services.directory.usecases.delete_departed import delete_account
from services.directory.usecases.sweep_photos import sweep_photos
from tests.databases import Databases
from tests.directory.conftest import Land, Person, Stack, running
from tests.directory.doors import gateway_of
from tests.directory.test_address_book import until
from tests.directory.test_personal_data import EXPORT, archive, asked, heard

ORIENTATION, GPS, MAKER = 0x0112, 0x8825, 0x010F


@pytest.fixture
async def stack(
    authority: Authority, databases: Databases, broker_url: str, object_store: ObjectStore
) -> AsyncIterator[Stack]:
    async with running(authority, databases, broker_url, object_store) as whole:
        await bootstrap.bucket_of(whole.settings("directory")).ensure()
        yield whole


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (300, 200), colour: Any = "navy", mode: str = "RGB", **said: Any
) -> bytes:
    """A picture whose left upper corner is red."""
    image = Image.new(mode, size, colour)
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2, size[1] // 2), fill=(200, 0, 0) if mode == "RGB" else None)
    written = BytesIO()
    image.save(written, kind, **said)
    return written.getvalue()


async def set_photo(stack: Stack, by: Person, of: Person, octets: bytes, *, whole: bool = True) -> pb.Photo:
    async def requests() -> AsyncIterator[pb.SetPhotoRequest]:
        for start in range(0, len(octets), 32 * 1024):
            body = HttpBody(content_type="image/jpeg", data=octets[start : start + 32 * 1024])
            yield pb.SetPhotoRequest(account_id=of.account.id, photo=body)
        if whole:
            yield pb.SetPhotoRequest(account_id=of.account.id, last=True)

    with translated():
        return await stack.cli.photos.SetPhoto(requests(), **by.said)


async def photo(stack: Stack, by: Person, of: Person, **asked: int) -> bytes:
    request = pb.GetPhotoRequest(account_id=of.account.id, **asked)
    with translated():
        return b"".join([body.data async for body in stack.cli.photos.GetPhoto(request, **by.said)])


async def remove(stack: Stack, by: Person, of: Person) -> None:
    await stack.cli.photos.DeletePhoto(pb.DeletePhotoRequest(account_id=of.account.id), **by.said)


async def objects(stack: Stack) -> int:
    return len(await bootstrap.bucket_of(stack.settings("directory")).list_after(""))


async def test_an_agent_sets_replaces_and_removes_the_own_photo_and_everybody_sees_it(stack: Stack, land: Land) -> None:
    agent, other = land.economy_agent, land.health_agent
    set_ = await set_photo(stack, agent, agent, picture())
    assert list(set_.sizes) == list(SIZES)
    found = Image.open(BytesIO(await photo(stack, other, agent)))
    assert (found.format, found.size) == ("JPEG", (192, 192))
    assert Image.open(BytesIO(await photo(stack, other, agent, size=65))).size == (192, 192)
    assert Image.open(BytesIO(await photo(stack, other, agent, size=1))).size == (64, 64)
    # What is smaller than the largest size is not blown up.
    assert Image.open(BytesIO(await photo(stack, other, agent, size=9999))).size == (200, 200)

    async def etag() -> str:
        answer = await stack.cli.people.GetPerson(book_pb.GetPersonRequest(id=agent.account.id), **other.said)
        return answer.photo_etag

    async def shows(wanted: str) -> None:
        async def yes() -> bool:
            return await etag() == wanted

        await until(yes)

    await shows(set_.etag)
    again = await set_photo(stack, agent, agent, picture())
    assert again.etag == set_.etag
    replaced = await set_photo(stack, agent, agent, picture(colour="green"))
    assert replaced.etag != set_.etag
    await shows(replaced.etag)
    own = await stack.cli.accounts.GetOwnAccount(directory_pb2.GetOwnAccountRequest(), **agent.said)
    assert own.photo_etag == replaced.etag
    await remove(stack, agent, agent)
    await remove(stack, agent, agent)
    await shows("")
    for by in (agent, other):
        with pytest.raises(NotFound):
            await photo(stack, by, agent)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_parts_of_a_photo_are_read_by_range_and_validated_by_etag(
    stack: Stack, land: Land, authority: Authority, kind: str
) -> None:
    agent, other = land.economy_agent, land.health_agent
    path = f"/v1/directory/people/{agent.account.id}/photo"
    told = {"authorization": f"Bearer {agent.session.access_token}"}
    asking = {"authorization": f"Bearer {other.session.access_token}"}
    async with gateway_of(stack, authority) as client:
        media = {"content-type": f"image/{kind.lower()}"}
        set_ = await client.put(path, content=picture(kind), headers={**told, **media})
        assert set_.status_code == 200, set_.text
        whole = await client.get(path, headers=asking)
        assert (whole.status_code, whole.headers["content-type"]) == (200, "image/jpeg")
        assert int(whole.headers["content-length"]) == len(whole.content)
        assert whole.headers["etag"] == f'"{set_.json()["etag"]}-192"'
        part = await client.get(path, headers={**asking, "range": "bytes=2-11", "if-range": whole.headers["etag"]})
        assert (part.status_code, part.content) == (206, whole.content[2:12])
        known = await client.get(path, headers={**asking, "if-none-match": whole.headers["etag"]})
        assert (known.status_code, known.content) == (304, b"")
        small = await client.get(path, params={"size": 64}, headers=asking)
        assert small.headers["etag"] != whole.headers["etag"]
        assert (await client.get(path)).status_code == 401
        refused = await client.put(path, content=b"GIF89a", headers={**told, "content-type": "image/gif"})
        assert refused.status_code == 415
        assert (await client.delete(path, headers=told)).status_code == 204
        assert (await client.get(path, headers=told)).status_code == 404


async def test_administrators_change_photos_of_their_units_and_of_no_other(stack: Stack, land: Land) -> None:
    agent = land.economy_agent
    await set_photo(stack, land.economy_administrator, agent, picture())
    kept = await photo(stack, land.health_agent, agent)
    for stranger in (land.health_administrator, land.health_agent):
        with pytest.raises(NotFound):
            await set_photo(stack, stranger, agent, picture(colour="green"))
        with pytest.raises(NotFound):
            await remove(stack, stranger, agent)
    with pytest.raises(NotFound):
        await set_photo(stack, agent, nobody(agent), b"")
    with pytest.raises(Forbidden):
        # An administrator's account is a higher one's to change.
        await set_photo(stack, land.economy_administrator, await higher(stack, land), picture())
    assert await photo(stack, land.health_agent, agent) == kept
    await remove(stack, land.economy_administrator, agent)
    await stack.keep_acts()
    acts = [record["act"] async for record in stack.database["audit"].find({"targets": agent.account.id})]
    # What was done, and what two strangers were refused.
    assert (acts.count("set_photo"), acts.count("delete_photo")) == (3, 3)
    told = [each["data"] async for each in facts_of(stack, agent)]
    assert told


async def higher(stack: Stack, land: Land) -> Person:
    """Somebody of economy who administers everything."""
    national = Person(directory_pb2.Account(), await stack.log_in("admin@gouv.tg"))
    return await stack.person(national, "sommet@economie.gouv.tg", land.economy.id, "")


async def facts_of(stack: Stack, who: Person) -> AsyncIterator[dict[str, Any]]:
    for each in await stack.facts("accounts", who.account.id):
        if each["type"] == "account_changed":
            yield each


def nobody(asking: Person) -> Person:
    """An account that there is not."""
    return Person(directory_pb2.Account(id="01J00000000000000000000000"), asking.session)


async def test_who_is_not_listed_has_no_photo_for_others(stack: Stack, land: Land, administrator: Person) -> None:
    agent, other = land.economy_agent, land.health_agent
    await set_photo(stack, agent, agent, picture())
    assert await photo(stack, other, agent)
    account = await stack.cli.accounts.GetAccount(
        directory_pb2.GetAccountRequest(id=agent.account.id), **administrator.said
    )
    account.hidden = True
    await stack.update(administrator, account, "hidden")

    async def gone() -> bool:
        with suppress(NotFound):
            return not await photo(stack, other, agent)
        return True

    await until(gone)
    with pytest.raises(NotFound) as hidden:
        await photo(stack, other, agent)
    with pytest.raises(NotFound) as none:
        await photo(stack, other, nobody(other))
    assert hidden.value.detail == none.value.detail
    for by in (agent, land.economy_administrator):
        assert await photo(stack, by, agent)
    with pytest.raises(NotFound):
        await photo(stack, land.health_administrator, agent)


async def test_what_a_camera_noted_is_gone_and_the_picture_stands_upright(stack: Stack, land: Land) -> None:
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = 6, "a camera of somebody's"
    exif.get_ifd(GPS).update({1: "N", 2: (6.0, 7.0, 8.0)})
    octets = picture(size=(400, 400), exif=exif, comment=b"taken at home")
    assert b"a camera of somebody's" in octets
    agent = land.economy_agent
    await set_photo(stack, agent, agent, octets)
    for size in SIZES:
        found = await photo(stack, agent, agent, size=size)
        for noted in (b"camera", b"Exif", b"taken at home"):
            assert noted not in found
        image = Image.open(BytesIO(found))
        assert not image.getexif()
        # Turned clockwise: red stood above on the left, and stands above on the right.
        red, blue = image.getpixel((image.width - 9, 9)), image.getpixel((9, 9))
        assert red[0] > 150 > 60 > red[2], size  # type: ignore[index]
        assert blue[2] > 80 > blue[0], size  # type: ignore[index]


def test_every_kind_of_picture_becomes_three_square_jpegs() -> None:
    palette, written = Image.new("P", (90, 120), 1), BytesIO()
    palette.putpalette([0, 0, 0, 9, 9, 9])
    palette.save(written, "PNG", transparency=1)
    [clear, *_] = renditions_of(written.getvalue()).values()
    assert Image.open(BytesIO(clear)).getpixel((5, 5)) == (255, 255, 255)
    for octets in (
        picture("PNG", mode="RGBA", colour=(0, 0, 0, 0)), picture("PNG", mode="LA", colour=(0, 0)),
        picture("PNG", mode="I;16", colour=900), picture("PNG", mode="1", colour=1),
        picture("JPEG", mode="L", colour=9),
        picture("JPEG", mode="CMYK", colour=(9, 9, 9, 9)), picture("WEBP", lossless=True),
        picture("JPEG", (4000, 3000), progressive=True), picture("PNG", (64, 3000)),
    ):  # fmt: skip
        made = renditions_of(octets)
        assert set(made) == set(SIZES)
        for size, jpeg in made.items():
            image = Image.open(BytesIO(jpeg))
            assert (image.format, image.mode) == ("JPEG", "RGB")
            assert image.width == image.height <= size


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it has so many pixels, of next to no octets."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    octets = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
    return octets + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


async def test_bombs_and_what_is_no_picture_are_refused(stack: Stack, land: Land) -> None:
    agent = land.economy_agent
    texts = PngImagePlugin.PngInfo()
    for number in range(40):
        texts.add_text(f"k{number}", "x" * 3_000_000, zip=True)
    gif = BytesIO()
    Image.new("P", (200, 200)).save(gif, "GIF")
    for octets in (
        b"", b"not a picture", gif.getvalue(), picture()[:300], picture("PNG")[:200], bomb(60_000, 60_000),
        bomb(5000, 5000), bomb(2**31 - 1, 2**31 - 1), bomb(0, 0), bomb(3000, 3000), picture(size=(63, 500)),
        picture("PNG", pnginfo=texts), b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%!PS-Adobe-3.0 EPSF-3.0\n",
    ):  # fmt: skip
        with pytest.raises(InvalidInput) as refused:
            await set_photo(stack, agent, agent, octets)
        assert "photo" in refused.value.fields
    with pytest.raises(TooLarge):
        await set_photo(stack, agent, agent, bytes(MAX_OCTETS + 1))
    with pytest.raises(InvalidInput):
        await set_photo(stack, agent, agent, picture(), whole=False)
    with pytest.raises(NotFound):
        await photo(stack, agent, agent)
    assert await objects(stack) == 0


@given(st.binary(max_size=300), st.sampled_from(["JPEG", "PNG", "WEBP"]), st.integers(0, 2000))
def test_any_octets_are_a_picture_or_a_typed_refusal(noise: bytes, kind: str, at: int) -> None:
    octets = bytearray(picture(kind, (70, 70)))
    octets[at : at + len(noise)] = noise
    with suppress(InvalidInput):
        assert set(renditions_of(bytes(octets))) == set(SIZES)


async def test_uploads_are_few_at_once_and_one_an_account(stack: Stack, land: Land) -> None:
    agent = land.economy_agent
    async with stack.directory.photos.uploading(agent.account.id):
        with pytest.raises(TooManyRequests):
            await set_photo(stack, agent, agent, picture())
    await set_photo(stack, agent, agent, picture())


async def an_hour_later(stack: Stack) -> None:
    """For the records of blobs, which go by the clock on the wall."""
    touched = {"touched": now() - timedelta(hours=1)}
    await stack.database["blobs"].update_many({"object": {"$gt": ""}}, {"$set": touched})


async def test_blobs_that_no_photo_needs_are_swept_and_those_of_others_stay(stack: Stack, land: Land) -> None:
    agent, other = land.economy_agent, land.health_agent
    await set_photo(stack, agent, agent, picture(size=(600, 600)))
    await set_photo(stack, other, other, picture(size=(600, 600)))
    assert await objects(stack) == len(SIZES)
    await set_photo(stack, agent, agent, picture(size=(600, 600), colour="green"))
    assert await objects(stack) == 2 * len(SIZES)
    await an_hour_later(stack)
    assert await sweep_photos(stack.directory) == 0
    await remove(stack, agent, agent)
    assert await sweep_photos(stack.directory) == len(SIZES)
    assert await photo(stack, other, other)
    await an_hour_later(stack)
    account = await stack.directory.accounts.find(other.account.id)
    assert account is not None
    await delete_account(stack.directory, account)
    assert await sweep_photos(stack.directory) == len(SIZES)
    assert await objects(stack) == 0


async def test_a_photo_is_part_of_what_a_person_may_ask_for(stack: Stack, land: Land) -> None:
    by, agent = land.economy_administrator, land.economy_agent
    await set_photo(stack, agent, agent, picture())
    request = await asked(stack, by, agent, EXPORT)
    await heard(stack, request)
    for service in ("mail", "calendar"):
        waiting = await stack.directory.personal.find(request.id)
        await stack.directory.personal.answered(waiting, service, "nothing")  # type: ignore[arg-type]
    [kept] = (await archive(stack, by, request))["directory.json"]["photo"]
    assert b64decode(kept["base64"]) == await photo(stack, agent, agent, size=512)
    assert request.kind == life.PERSONAL_DATA_KIND_EXPORT


async def test_every_question_about_photos_is_answered_from_an_index(stack: Stack, land: Land) -> None:
    agent = land.economy_agent
    await set_photo(stack, agent, agent, picture())
    account = await stack.directory.accounts.find(agent.account.id)
    assert account is not None
    assert account.photo is not None
    addresses = [each.address for each in account.photo.renditions]
    assert await PhotoStore(stack.database).named([*addresses, "none"]) == set(addresses)
    await sweep_photos(stack.directory)
    await remove(stack, agent, agent)
    assert await scans(stack.database, stack.recorder) == []


async def test_without_the_object_store_directory_stays_up_and_photos_say_so(
    authority: Authority, databases: Databases, broker_url: str
) -> None:
    async with running(authority, databases, broker_url) as stack:
        by = await stack.first_administrator()
        part = LateBucketPart(bootstrap.bucket_of(stack.settings("directory")))
        await part.start()
        assert await part.ready()
        with pytest.raises(Unavailable):
            await set_photo(stack, by, by, picture())
        assert (
            await stack.cli.accounts.GetOwnAccount(directory_pb2.GetOwnAccountRequest(), **by.said)
        ).photo_etag == ""
        await part.stop()


async def test_the_bucket_is_made_as_soon_as_the_object_store_is_there(stack: Stack) -> None:
    settings = stack.settings("directory").model_copy(update={"bucket": f"late-{new_id().lower()}"})
    bucket = bootstrap.bucket_of(settings)
    part = LateBucketPart(bucket)
    await part.start()
    await until(bucket.exists)
    ring = KeyRing.of(settings)
    blobs = stack.database["late"]
    reference = await BlobStore(blobs, bucket, ring).put_bytes(b"kept")
    assert await BlobStore(blobs, bucket, ring).read(reference.address) == b"kept"
    assert await Sweeper(blobs, bucket, ring).sweep_objects() == 0
    await part.stop()
