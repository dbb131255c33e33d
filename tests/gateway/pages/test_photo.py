"""One's own photo by the pages, without JavaScript: a file in a plain form."""

from collections.abc import AsyncIterator
from io import BytesIO

import pytest
from PIL import Image

from deploy.local.certificates import Authority
from deploy.local.standins import ObjectStore
from services.directory import bootstrap
from tests.databases import Databases
from tests.directory.conftest import running
from tests.gateway.pages.conftest import Browser, House, Page, housed

PATH = "/account/photo"


@pytest.fixture
async def house(
    authority: Authority, databases: Databases, broker_url: str, object_store: ObjectStore
) -> AsyncIterator[House]:
    async with running(authority, databases, broker_url, object_store) as stack:
        await bootstrap.bucket_of(stack.settings("directory")).ensure()
        async with housed(stack, authority) as whole:
            yield whole


def picture(kind: str = "PNG") -> bytes:
    written = BytesIO()
    Image.new("RGB", (300, 200), "navy").save(written, kind)
    return written.getvalue()


async def send(browser: Browser, octets: bytes, name: str = "moi.png", **fields: str) -> Page:
    form = (await browser.open(PATH)).form(PATH)
    form.pop("photo")
    files = {"photo": (name, octets, "image/png")}
    return Page(await browser.client.post(PATH, data=form | fields, files=files))


async def test_a_photo_is_sent_shown_and_removed_by_plain_forms(inside: Browser) -> None:
    empty = await inside.open(PATH)
    assert not [one for one in empty.elements("img") if one.get("class") == "photo"]
    (chosen,) = [one for one in empty.elements("input") if one.get("type") == "file"]
    assert chosen["accept"] == "image/jpeg,image/png,image/webp"
    sent = await send(inside, picture())
    assert (sent.status, sent.location) == (303, f"{PATH}?done=photo_set"), sent.text
    page = await inside.open(sent.location)
    assert "Votre photo est enregistrée" in page.text
    for shown in (page, await inside.open("/account")):
        (image,) = [one for one in shown.elements("img") if one.get("class") == "photo"]
        assert image["alt"] == "Votre photo"
        answer = await inside.client.get(image["src"])
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        assert Image.open(BytesIO(answer.content)).size == (192, 192)
    removed = await inside.send(page, f"{PATH}/remove")
    assert removed.location == f"{PATH}?done=photo_removed"
    assert "Votre photo est retirée" in (await inside.open(removed.location)).text
    assert (await inside.client.get(f"{PATH}/picture")).status_code == 404


async def test_what_is_no_photo_is_told_in_words(inside: Browser) -> None:
    for octets, said in (
        (b"", "Choisissez d’abord un fichier"),
        (b"not a picture", "n’est pas une image"),
        (bytes(5 * 1024 * 1024 + 1), "trop grand"),
        (bytes(6 * 1024 * 1024), "trop grand"),
    ):
        page = await send(inside, octets)
        assert page.status == 422, said
        assert said in page.text
        (chosen,) = [one for one in page.elements("input") if one.get("type") == "file"]
        assert chosen["aria-invalid"] == "true"
    english = await inside.client.get("/language/en", params={"return_to": PATH})
    assert english.status_code == 303
    assert "too large" in (await send(inside, bytes(6 * 1024 * 1024))).text


async def test_a_photo_is_taken_from_our_own_form_only(house: House, inside: Browser) -> None:
    page = await send(inside, picture(), csrf="forged")
    assert page.status == 403
    plain = await inside.client.post(PATH, data={"csrf": (await inside.open(PATH)).form(PATH)["csrf"]})
    assert plain.status_code == 415
    assert (await inside.client.get(f"{PATH}/picture")).status_code == 404
    for broken in (b"", b"--x\r\n", b'--x\r\ncontent-disposition: form-data; name="csrf"\r\n\r\n'):
        answer = await inside.client.post(
            PATH, content=broken, headers={"content-type": "multipart/form-data; boundary=x"}
        )
        assert answer.status_code in (403, 422)
    nothing = await inside.client.post(PATH, content=b"x", headers={"content-type": "multipart/form-data"})
    assert nothing.status_code in (403, 422)
    stranger = await house.browser().open(PATH)
    assert stranger.location.startswith("/login")


async def test_directory_and_pages_live_without_the_object_store(
    authority: Authority, databases: Databases, broker_url: str
) -> None:
    async with (
        running(authority, databases, broker_url) as stack,
        housed(stack, authority) as house,
    ):
        browser = house.browser()
        await browser.log_in()
        page = await send(browser, picture())
        assert page.status == 503
        assert (await browser.open("/account")).status == 200
