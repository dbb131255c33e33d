"""A lost password by the pages: asked for, replaced through the recovery address, past no second factor."""

from deploy.local.certificates import Authority
from tests.directory.postman import postman_of
from tests.directory.test_passkeys import registered
from tests.directory.test_recovery import start, with_address
from tests.directory.test_second_factors import code_at, enrol
from tests.gateway.pages.conftest import AGENT, Browser, House

NEW = "quite another long phrase"


async def test_asking_for_a_reset_says_the_same_of_every_address(browser: Browser) -> None:
    assert "/login/forgot" in [link["href"] for link in (await browser.open("/login")).elements("a")]
    seen = set()
    for address in (AGENT, "nobody@gouv.tg", "no address"):
        page = await browser.send(await browser.open("/login/forgot"), "/login/forgot", address=address)
        seen.add((page.status, page.text.replace(address, "")))
    ((status, text),) = seen
    assert status == 200
    assert "un lien est en route" in text
    assert (await browser.send(await browser.open("/login/forgot"), "/login/forgot")).status == 422


async def test_a_recovery_address_is_registered_and_a_lost_password_replaced_through_it(
    house: House, authority: Authority, inside: Browser
) -> None:
    path, outside = "/account/recovery", "agent.prive@exemple.org"
    async with postman_of(house.stack, authority) as postman:
        own = await inside.send(await inside.open(path), path, address=AGENT)
        assert (own.status, own.form(path)["address"]) == (422, AGENT)
        assert "vos propres adresses" in own.text
        sent = await inside.send(await inside.open(path), path, address=outside)
        assert sent.location == f"{path}?done=sent"
        (letter,) = await postman.round()
        waiting = await inside.open(f"{path}?code={letter.code}")
        assert outside in waiting.text
        assert waiting.form(f"{path}/confirm")["code"] == letter.code
        wrong = await inside.send(waiting, f"{path}/confirm", code="00000-00000")
        assert wrong.status == 422
        confirmed = await inside.send(waiting, f"{path}/confirm")
        assert confirmed.location == f"{path}?done=confirmed"
        assert outside in (await inside.open(path)).text
        await postman.round()
        browser = house.browser()
        await browser.send(await browser.open("/login/forgot"), "/login/forgot", address=AGENT)
        (link,) = await postman.round()
        page = await browser.open(f"/login/reset?code={link.code}")
        done = await browser.send(page, "/login/reset", new_password=NEW, new_password_again=NEW)
        assert done.location == "/login?done=reset"
        assert (await browser.log_in(password=NEW)).location == "/account"
        assert (await inside.open("/account")).status == 303
        removed = await browser.send(await browser.open(path), f"{path}/remove")
        assert removed.location == f"{path}?done=removed"


async def test_a_reset_by_letter_asks_for_the_second_factor_on_a_page_of_its_own(
    house: House, authority: Authority, browser: Browser
) -> None:
    stack, agent = house.stack, house.agent
    async with postman_of(stack, authority) as postman:
        await with_address(stack, postman, agent)
        secret, codes = await enrol(stack, agent)
        await start(stack, AGENT)
        (link,) = await postman.round()
    assert (await browser.open("/login/reset/second-factor")).location == "/login/reset?done=late"
    page = await browser.open(f"/login/reset?code={link.code}")
    sent = await browser.send(page, "/login/reset", new_password=NEW, new_password_again=NEW)
    assert sent.location == "/login/reset/second-factor"
    asked = await browser.open(sent.location)
    assert "Deuxième étape" in asked.text
    assert (await browser.send(asked, sent.location, code="000000")).status == 422
    assert (await browser.send(asked, sent.location)).status == 422
    done = await browser.send(asked, sent.location, code=code_at(secret, stack.clock()))
    assert done.location == "/login?done=reset"
    again = await browser.send(asked, sent.location, recovery_code=codes[0])
    assert again.status in (303, 403, 422)
    assert (await browser.log_in(password=NEW)).location.startswith("/login/second-factor")


async def test_a_passkey_is_renamed_on_its_page(house: House, inside: Browser) -> None:
    path = "/account/second-factor"
    await registered(house.stack, house.agent)
    page = await inside.open(path)
    assert page.form(f"{path}/passkey/rename")["name"] == "Clé de service"
    renamed = await inside.send(page, f"{path}/passkey/rename", name="Clé du bureau")
    assert renamed.location == f"{path}?done=passkey_renamed"
    assert "Clé du bureau" in (await inside.open(path)).text
    refused = await inside.send(page, f"{path}/passkey/rename", name="x" * 61)
    assert refused.location == f"{path}?done=passkey_name_refused"
