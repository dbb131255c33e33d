"""Second factors, sessions, app passwords and lost passwords by the pages, without JavaScript."""

import re
from datetime import timedelta
from urllib.parse import quote

import pyotp
import pytest
from workspace.directory.v1 import credentials_pb2 as credentials
from workspace.directory.v1 import credentials_pb2_grpc as credentials_rpc
from workspace.directory.v1 import directory_pb2 as directory

from gateway.edges.pages.devices import device
from tests.directory.conftest import PASSWORD
from tests.gateway.pages.conftest import AGENT, Browser, House, Page

FACTORS = "/account/second-factor"
NEW = "quite another long phrase"


async def enrol(browser: Browser) -> tuple[pyotp.TOTP, list[str]]:
    """Add an authenticator application, as a person does; its codes and the recovery codes."""
    page = await browser.send(await browser.open(FACTORS), f"{FACTORS}/totp/begin")
    assert page.status == 200, page.text
    totp = pyotp.TOTP(page.form(f"{FACTORS}/totp")["secret"])
    (picture,) = [one for one in page.elements("img") if one["alt"].startswith("Code QR")]
    assert picture["src"].startswith("data:image/svg+xml")
    wrong = await browser.send(page, f"{FACTORS}/totp", code="000000")
    assert wrong.status == 422
    assert wrong.form(f"{FACTORS}/totp")["secret"] == totp.secret, "a mistyped code does not cost the scan"
    codes = await browser.send(wrong, f"{FACTORS}/totp", code=totp.now())
    assert codes.status == 200, codes.text
    found = re.findall(r"<code>([^<]+)</code></li>", codes.answer.text)
    assert len(found) >= 8
    return totp, found


async def second_step(browser: Browser, **fields: str) -> Page:
    """Type the password, then answer the second page."""
    first = await browser.log_in()
    assert first.status == 303
    assert first.location.startswith("/login/second-factor?")
    return await browser.send(await browser.open(first.location), "/login/second-factor", **fields)


async def test_a_second_factor_is_added_asked_for_and_removed(house: House, inside: Browser) -> None:
    totp, codes = await enrol(inside)
    other = house.browser()
    assert (await second_step(other, code="")).status == 422
    wrong = await second_step(other, code="000000")
    assert wrong.status == 422
    assert "Ce code n’est pas juste" in wrong.text
    assert not other.cookie()
    # That of this half minute was used to confirm the application.
    later = totp.at(house.stack.clock() + timedelta(seconds=30))
    entered = await second_step(other, code=f"{later[:3]} {later[3:]}")
    assert (entered.status, entered.location) == (303, "/account")
    assert other.cookie()
    assert not other.cookie("workspace_challenge")
    # A recovery code stands in for it, once.
    third = house.browser()
    assert (await second_step(third, recovery_code=codes[0])).location == "/account"
    assert (await second_step(house.browser(), recovery_code=codes[0])).status == 422
    removed = await third.send(await third.open(FACTORS), f"{FACTORS}/totp/remove")
    assert removed.location == f"{FACTORS}?done=totp_removed"
    assert "est retirée" in (await third.open(removed.location)).text
    assert (await house.browser().log_in()).location == "/account"


async def test_new_recovery_codes_void_the_old_ones(house: House, inside: Browser) -> None:
    _, old = await enrol(inside)
    page = await inside.send(await inside.open(FACTORS), f"{FACTORS}/codes")
    assert page.status == 200
    new = re.findall(r"<code>([^<]+)</code></li>", page.answer.text)
    assert not set(new) & set(old)
    assert (await second_step(house.browser(), recovery_code=old[0])).status == 422
    assert (await second_step(house.browser(), recovery_code=new[0])).status == 303


async def test_the_second_page_without_the_first_starts_again(browser: Browser) -> None:
    for cookie in ("", "nonsense", "W10=", "WyIiLCIiLDBd"):
        browser.client.cookies.set("workspace_challenge", cookie, domain="127.0.0.1")
        page = await browser.open("/login/second-factor?return_to=/account/password")
        assert page.status == 303
        assert page.location == "/login?return_to=%2Faccount%2Fpassword&done=late"
    assert "Recommencez" in (await browser.open(page.location)).text


async def test_who_has_no_second_factor_is_led_to_make_one(house: House, inside: Browser) -> None:
    to = "/account/password"
    page = await inside.open(f"/login?return_to={quote(to)}&acr={quote('urn:gouv:tg:acr:2')}")
    led = await inside.send(page, "/login", password=PASSWORD)
    assert led.location.startswith(f"{FACTORS}?needed=1")
    shown = await inside.open(led.location)
    assert "exige un second facteur" in shown.text
    await enrol(inside)
    onwards = await inside.open(led.location)
    link = next(one["href"] for one in onwards.elements("a") if "acr=" in one.get("href", ""))
    assert quote(to, safe="") in link


async def test_what_needs_a_fresh_login_asks_for_one_and_comes_back(house: House, inside: Browser) -> None:
    page = await inside.open("/account/app-passwords")
    past = house.stack.clock() - timedelta(minutes=16)
    await house.stack.database["sessions"].update_many({}, {"$set": {"authenticated_at": past}})
    asked = await inside.send(page, "/account/app-passwords", label="Thunderbird", protocol="imap")
    assert asked.status == 303
    assert asked.location == "/login?return_to=%2Faccount%2Fapp-passwords&prompt=login"
    again = await inside.open(asked.location)
    assert (await inside.send(again, "/login", password=PASSWORD)).location == "/account/app-passwords"


async def test_sessions_are_listed_and_ended(house: House, inside: Browser) -> None:
    inside.client.headers["user-agent"] = "x"
    other, third = house.browser(), house.browser()
    other.client.headers["user-agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    await other.log_in()
    await third.log_in()
    page = await inside.open("/account/sessions")
    assert "Firefox, Linux" in page.text
    assert page.text.count("celle-ci") >= 1
    ids = re.findall(r'name="id" value="([^"]+)"', page.answer.text)
    current = re.search(r'celle-ci</span>.*?name="id" value="([^"]+)"', page.answer.text, re.S)
    assert current is not None
    firefox = re.search(r'Firefox, Linux</strong>.*?name="id" value="([^"]+)"', page.answer.text, re.S)
    assert firefox is not None
    assert len(ids) >= 3
    csrf = page.form("/account/sessions")["csrf"]
    ended = Page(await inside.client.post("/account/sessions", data={"csrf": csrf, "id": firefox[1]}))
    assert ended.location == "/account/sessions?done=one"
    assert (await other.open("/account")).status == 303
    assert (await third.open("/account")).status == 200
    others = Page(await inside.client.post("/account/sessions", data={"csrf": csrf}))
    assert others.location == "/account/sessions?done=others"
    assert (await third.open("/account")).status == 303
    assert (await inside.open("/account")).status == 200
    own = Page(await inside.client.post("/account/sessions", data={"csrf": csrf, "id": current[1]}))
    assert own.location == "/logout"
    assert (await inside.open("/account")).status == 303


async def test_a_session_of_somebody_else_cannot_be_ended(house: House, inside: Browser) -> None:
    page = await inside.open("/account/sessions")
    csrf = page.form("/account/sessions")["csrf"]
    theirs = await house.stack.database["sessions"].find_one({"account": house.administrator.account.id})
    theirs = theirs or await house.stack.database["sessions"].find_one({"owner": house.administrator.account.id})
    assert theirs is not None
    await inside.client.post("/account/sessions", data={"csrf": csrf, "id": str(theirs["_id"])})
    await house.stack.gateway.accounts.GetOwnAccount(directory.GetOwnAccountRequest(), **house.administrator.said)


@pytest.mark.gateway_settings(
    imaps_public="courrier.gouv.tg:993",
    submission_public="courrier.gouv.tg:587",
    managesieve_public="courrier.gouv.tg:4190",
)
async def test_an_app_password_is_shown_once_with_what_to_type_where(house: House, inside: Browser) -> None:
    path = "/account/app-passwords"
    nameless = await inside.send(await inside.open(path), path, protocol="all")
    assert nameless.status == 422
    made = await inside.send(await inside.open(path), path, label="Thunderbird <b>", protocol="all")
    assert made.status == 200
    secret = re.search(r'class="secret">([^<]+)<', made.answer.text)
    assert secret is not None
    for said in ("courrier.gouv.tg", "993", "587", "4190", AGENT, "Thunderbird <b>"):
        assert said in made.text
    assert (await house.stack.verify(AGENT, secret[1])).account_id == house.agent.account.id
    listed = await inside.open(path)
    assert "Thunderbird <b>" in listed.text
    assert secret[1] not in listed.text
    removed = await inside.send(listed, f"{path}/remove")
    assert removed.location == f"{path}?done=removed"
    with pytest.raises(Exception, match="Wrong"):
        await house.stack.verify(AGENT, secret[1])


@pytest.mark.gateway_settings(public_url="http://travail.gouv.tg")
async def test_an_app_password_for_contacts_comes_with_the_place_of_the_address_books(
    house: House, inside: Browser
) -> None:
    path = "/account/app-passwords"
    made = await inside.send(await inside.open(path), path, label="Téléphone", protocol="dav")
    assert made.status == 200
    assert "http://travail.gouv.tg/dav/" in made.text
    mail = await inside.send(await inside.open(path), path, label="Messagerie", protocol="imap")
    assert "/dav/" not in mail.text


async def _code(house: House, purpose: int, account_id: str) -> str:
    calls = credentials_rpc.CredentialServiceStub(house.stack.gateway.client.channel)
    request = credentials.IssueCodeRequest(account_id=account_id, purpose=purpose)
    return str((await calls.IssueCode(request, **house.administrator.said)).code)


async def test_a_lost_password_is_replaced_with_a_code(house: House, browser: Browser) -> None:
    code = await _code(house, credentials.CODE_PURPOSE_RESET, house.agent.account.id)
    page = await browser.open(f"/login/reset?code={quote(code)}")
    assert page.form("/login/reset")["code"] == code
    typed = {"new_password": NEW, "new_password_again": NEW}
    for fields, named in (
        ({"new_password_again": "x"}, "new_password_again"),
        ({"new_password": "short", "new_password_again": "short"}, "new_password"),
        ({"code": ""}, "code"),
        ({"code": "AAAA-BBBB-CCCC-DDDD"}, "code"),
    ):
        refused = await browser.send(page, "/login/reset", **{**typed, **fields})
        assert refused.status == 422
        assert [one["name"] for one in refused.elements("input") if "aria-invalid" in one] == [named]
    done = await browser.send(page, "/login/reset", **typed)
    assert done.location == "/login?done=reset"
    assert (await browser.send(page, "/login/reset", **typed)).status in (403, 422), "a code is good once"
    assert (await browser.log_in(password=NEW)).location == "/account"


async def test_an_account_is_activated_with_the_code_of_a_letter(house: House, browser: Browser) -> None:
    administrator = house.administrator
    wanted = directory.Account(
        address="nouveau@gouv.tg", display_name="Nouvel agent", unit_id=house.agent.account.unit_id
    )
    made = await house.stack.cli.accounts.CreateAccount(
        directory.CreateAccountRequest(account=wanted), **administrator.said
    )
    code = await _code(house, credentials.CODE_PURPOSE_ACTIVATION, made.id)
    page = await browser.open("/activate")
    typed = {"new_password": NEW, "new_password_again": NEW}
    refused = await browser.send(page, "/activate", code="AAAA-BBBB", **typed)
    assert refused.status == 422
    assert "Ce code n’est pas juste" in refused.text
    # As it is typed from paper.
    done = await browser.send(page, "/activate", code=f" {code.lower()} ", **typed)
    assert done.location == "/login?done=activate"
    assert "Votre compte est activé" in (await browser.open(done.location)).text
    assert (await browser.log_in("nouveau@gouv.tg", NEW)).location == "/account"


@pytest.mark.parametrize(
    ("user_agent", "called"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36"
         " Edg/141.0", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36",
         "Chrome, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1",
         "Safari, iPhone"),
        ("curl/8.5.0", "curl"), ("x" * 100, "x" * 60), ("", ""),
    ],
)  # fmt: skip
def test_a_program_is_called_what_people_call_it(user_agent: str, called: str) -> None:
    assert device(user_agent) == called
