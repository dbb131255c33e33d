"""Logging in and out by the pages, and what they withstand."""

import re
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from workspace.directory.v1 import directory_pb2 as pb

from gateway.edges.pages.returning import own_path
from tests.directory.conftest import PASSWORD
from tests.gateway.pages.conftest import AGENT, Browser, House, Page

ELSEWHERE = (
    "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example",
    "https://evil.example", "HTTPS://evil.example/", "javascript:alert(1)", "data:text/html,x", "evil.example",
    "/%2Fevil.example", "/%2f%2fevil.example", "/%5Cevil.example", "/%255Cevil.example", "/%25252Fevil",
    "/.//evil.example", "/account/..//evil.example", "/account/%2e%2e//evil.example", "/a//evil.example",
    "/\t/evil.example", "/\n/evil.example", "/account\r\nSet-Cookie: a=b", "\t//evil.example", " //evil.example",
    "/\x00/evil.example", "/\u2028/evil.example", "/é", "@evil.example", "http:/\\evil.example", "/" + "a" * 5000,
)  # fmt: skip


async def test_a_person_logs_in_and_out_without_javascript(house: House, browser: Browser) -> None:
    refused = await browser.open("/account")
    assert refused.status == 303
    assert parse_qs(urlsplit(refused.location).query)["return_to"] == ["/account"]
    inside = await browser.log_in(at=refused.location)
    assert (inside.status, inside.location) == (303, "/account")
    account = await browser.open("/account")
    assert account.status == 200
    assert AGENT in account.text
    cookie = browser.cookie()

    out = await browser.send(await browser.open("/logout"), "/logout")
    assert (out.status, out.location) == (303, "/logout")
    assert "Votre session est terminée" in (await browser.open("/logout")).text
    assert browser.cookie() == ""
    browser.client.cookies.set("workspace_session", cookie, domain="127.0.0.1")
    assert (await browser.open("/account")).status == 303, "the session has ended, not only the cookie"


async def test_every_failure_of_a_login_looks_the_same(house: House, browser: Browser) -> None:
    await house.stack.cli.accounts.SuspendAccount(
        pb.SuspendAccountRequest(id=(await house.stack.person(house.administrator, "absent@gouv.tg")).account.id),
        **house.administrator.said,
    )
    seen = set()
    for address in (AGENT, "nobody@gouv.tg", "absent@gouv.tg", "no address at all"):
        page = await browser.log_in(address, "not the password")
        assert page.elements("input")
        seen.add((page.status, page.text.replace(address, "")))
        assert not browser.cookie()
    ((status, text),) = seen
    assert status == 422
    assert "L’adresse ou le mot de passe n’est pas juste." in text


async def test_who_has_to_wait_is_told_how_long(house: House, browser: Browser) -> None:
    # Nobody believes tokens of times to come.
    house.stack.clock.pass_by(minutes=-5)
    for _ in range(6):
        page = await browser.log_in(AGENT, "not the password")
    page = await browser.log_in(AGENT, PASSWORD)
    assert page.status == 429
    assert re.search(r"Vous pourrez réessayer dans \d+ secondes?", page.text)
    assert int(page.answer.headers["retry-after"]) >= 1
    assert not browser.cookie()
    house.stack.clock.pass_by(seconds=30)
    assert (await browser.log_in()).location == "/account"


@pytest.mark.gateway_settings(login_rate=2)
async def test_the_pages_share_the_rate_of_logins(house: House, browser: Browser) -> None:
    login = {"address": AGENT, "password": "not the password"}
    assert (await browser.client.post("/v1/sessions", json=login)).status_code == 401
    assert (await browser.log_in(AGENT, "not the password")).status == 422
    assert (await browser.log_in()).status == 429


@pytest.mark.parametrize("given", ELSEWHERE)
async def test_a_login_never_leads_elsewhere(given: str) -> None:
    assert own_path(given) == "/account"


@pytest.mark.parametrize("good", ["/", "/account/password?done=x", "/oidc/authorize?redirect_uri=https%3A%2F%2Fa.tg"])
def test_a_login_leads_to_paths_of_ours(good: str) -> None:
    assert own_path(good) == good


@given(st.text(alphabet="/\\.%25cfCF eh:@?#\t\n", max_size=20))
def test_wherever_a_login_leads_it_is_the_same_origin(given: str) -> None:
    to = own_path("/" + given)
    resolved = httpx.URL("https://here.gouv.tg/login").join(to)
    assert (resolved.scheme, resolved.host) == ("https", "here.gouv.tg")
    assert to.startswith("/")
    assert not to.startswith(("//", "/\\"))


async def test_a_redirect_out_of_a_form_is_checked_again(house: House, browser: Browser) -> None:
    page = await browser.open("/login?return_to=" + quote("//evil.example"))
    assert page.form("/login")["return_to"] == "/account"
    page = await browser.send(page, "/login", address=AGENT, password=PASSWORD, return_to="https://evil.example")
    assert page.location == "/account"
    again = await browser.open("/login?return_to=" + quote("/\\evil.example"))
    assert (again.status, again.location) == (303, "/account")


async def test_a_login_for_an_application_goes_on_by_a_page_that_any_redirect_may_follow(
    house: House, browser: Browser
) -> None:
    to = "/oidc/authorize?client_id=a&state=%22b"
    page = await browser.send(
        await browser.open("/login?return_to=" + quote(to, safe="")), "/login", address=AGENT, password=PASSWORD
    )
    assert page.status == 200
    assert {"http-equiv": "refresh", "content": f"0;url={to}"} in page.elements("meta")
    assert to in [link["href"] for link in page.elements("a")]


async def test_a_login_makes_a_new_session_and_new_forms(house: House, browser: Browser) -> None:
    browser.client.cookies.set("workspace_session", "planted", domain="127.0.0.1")
    page = await browser.open("/login")
    before = browser.cookie("workspace_forms")
    assert before
    await browser.send(page, "/login", address=AGENT, password=PASSWORD)
    assert browser.cookie() not in ("", "planted")
    assert browser.cookie("workspace_forms") != before
    stale = await browser.send(page, "/login", address=AGENT, password=PASSWORD)
    assert stale.status == 403
    assert "plus à jour" in stale.text


@pytest.mark.parametrize("wrong", ["", "AAAA", "é", "a" * 88, None])
async def test_a_form_without_its_token_is_refused(house: House, inside: Browser, wrong: str | None) -> None:
    page = await inside.open("/account/password")
    fields = page.form("/account/password") | {"current_password": PASSWORD, "new_password": "quite another phrase"}
    if wrong is None:
        del fields["csrf"]
    else:
        fields["csrf"] = wrong
    answer = await inside.client.post("/account/password", data=fields)
    assert answer.status_code == 403
    assert (await house.stack.log_in(AGENT)).access_token


async def test_a_token_of_another_browser_or_session_is_worth_nothing(house: House, inside: Browser) -> None:
    stranger = house.browser()
    token = (await stranger.open("/login")).form("/login")["csrf"]
    assert (await inside.client.post("/logout", data={"csrf": token})).status_code == 403
    # Who can plant the forms' cookie still does not know the session's.
    nonce = stranger.cookie("workspace_forms")
    inside.client.cookies.set("workspace_forms", nonce, domain="127.0.0.1")
    answer = await inside.client.post("/logout", data={"csrf": token}, headers={"cookie": _cookies(inside, nonce)})
    assert answer.status_code == 403
    assert (await inside.open("/account")).status == 200


def _cookies(browser: Browser, nonce: str) -> str:
    return f"workspace_session={browser.cookie()}; workspace_forms={nonce}"


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}],
)
async def test_a_form_that_the_browser_calls_strange_is_refused(
    house: House, inside: Browser, headers: dict[str, str]
) -> None:
    page = await inside.open("/logout")
    assert (await inside.send(page, "/logout", headers=headers)).status == 403
    assert (await inside.send(page, "/logout", headers={"origin": f"http://127.0.0.1:{house.port}"})).status == 303


async def test_a_page_tells_nothing_of_its_token_by_being_asked_again(browser: Browser) -> None:
    tokens = {(await browser.open("/login")).form("/login")["csrf"] for _ in range(3)}
    assert len(tokens) == 3


async def test_forms_of_other_kinds_and_sizes_are_refused(browser: Browser) -> None:
    page = await browser.open("/login")
    answer = await browser.client.post("/login", json={"csrf": page.form("/login")["csrf"]})
    assert answer.status_code == 415
    assert answer.headers["content-type"].startswith("text/html")
    big = await browser.client.post("/login", data=page.form("/login") | {"address": "a" * 70_000})
    assert big.status_code == 413
    many = await browser.client.post("/login", data={f"f{n}": "" for n in range(100)})
    assert many.status_code == 400


async def test_a_stronger_or_newer_login_is_asked_of_who_is_inside(house: House, inside: Browser) -> None:
    assert (await inside.open("/login?return_to=/account")).location == "/account"
    newer = await inside.open("/login?return_to=/account&prompt=login")
    assert newer.status == 200
    assert "Confirmez votre identité" in newer.text
    assert newer.form("/login")["address"] == AGENT
    assert (await inside.send(newer, "/login", password=PASSWORD)).location == "/account"
    stronger = await inside.open("/login?return_to=/account&acr=" + quote("urn:gouv:tg:acr:2"))
    assert "second facteur" in stronger.text


async def test_the_cookie_stays_only_where_it_is_wished(house: House, browser: Browser) -> None:
    page = await browser.open("/login")
    short = await browser.send(page, "/login", address=AGENT, password=PASSWORD)
    other = house.browser()
    page = await other.open("/login")
    long = await other.send(page, "/login", address=AGENT, password=PASSWORD, stay="1")
    assert "max-age" not in _set_cookie(short).lower()
    assert "Max-Age=1209600" in _set_cookie(long)
    for answer in (short, long):
        assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(_set_cookie(answer).split("; "))


@pytest.mark.gateway_settings(http_strict_transport=True)
async def test_over_tls_the_cookies_are_of_this_host_alone(house: House, browser: Browser) -> None:
    page = await browser.open("/login")
    # The client keeps what is Secure from a connection without TLS; the ingress would send it on.
    forms = page.answer.cookies.get("__Host-workspace_forms") or ""
    fields = page.form("/login") | {"address": AGENT, "password": PASSWORD}
    inside = await browser.client.post("/login", data=fields, headers={"cookie": f"__Host-workspace_forms={forms}"})
    assert inside.status_code == 303
    said = [value for value in inside.headers.get_list("set-cookie") if value.startswith("__Host-workspace_session=")]
    assert "Secure" in said[0]
    assert "Path=/" in said[0]
    assert "Domain" not in said[0]
    # A cookie without the prefix may be a neighbour's.
    value = said[0].split(";")[0].split("=", 1)[1]
    planted = await browser.client.get("/account", headers={"cookie": f"workspace_session={value}"})
    assert planted.status_code == 303
    own = await browser.client.get("/account", headers={"cookie": f"__Host-workspace_session={value}"})
    assert own.status_code == 200


def _set_cookie(page: Page) -> str:
    return next(v for v in page.answer.headers.get_list("set-cookie") if v.startswith("workspace_session="))


async def test_a_person_changes_the_password(house: House, inside: Browser) -> None:
    path, new = "/account/password", "quite another phrase"

    async def change(**fields: str) -> Page:
        typed = {"current_password": PASSWORD, "new_password": new, "new_password_again": new, **fields}
        return await inside.send(await inside.open(path), path, **typed)

    for fields, named, said in (
        ({"current_password": "wrong wrong wrong"}, "current_password", "pas votre mot de passe actuel"),
        ({"current_password": ""}, "current_password", "Indiquez votre mot de passe actuel"),
        ({"new_password": "short", "new_password_again": "short"}, "new_password", "12"),
        ({"new_password_again": "something else!"}, "new_password_again", "pas les mêmes"),
    ):
        page = await change(**fields)
        assert page.status == 422
        field = next(one for one in page.elements("input") if one.get("name") == named)
        assert field["aria-invalid"] == "true"
        wrong = field["aria-describedby"].split()[0]
        assert any(one.get("id") == wrong for one in page.elements("p"))
        assert said in page.text
        assert all(not one.get("value") for one in page.elements("input") if one.get("type") == "password")
    done = await change()
    assert (done.status, done.location) == (303, "/login?done=password")
    assert "Votre mot de passe est changé" in (await inside.open(done.location)).text
    assert not inside.cookie()
    assert (await house.stack.log_in(AGENT, new)).access_token


async def test_who_goes_on_in_anothers_browser_ends_the_others_session(house: House, inside: Browser) -> None:
    cookie = inside.cookie()
    page = await inside.open("/login?prompt=login")
    assert (await inside.send(page, "/login", address="admin@gouv.tg", password=PASSWORD)).location == "/account"
    inside.client.cookies.set("workspace_session", cookie, domain="127.0.0.1")
    assert (await inside.open("/account")).status == 303


async def test_a_form_of_a_session_that_has_ended_leads_to_the_login(house: House, inside: Browser) -> None:
    page = await inside.open("/account/password")
    await house.stack.database["sessions"].delete_many({})
    sent = await inside.send(page, "/account/password", current_password=PASSWORD)
    assert (sent.status, sent.location) == (303, "/login?return_to=%2Faccount%2Fpassword")
    assert not inside.cookie()


async def test_password_managers_find_where_to_change_it(browser: Browser) -> None:
    assert (await browser.open("/.well-known/change-password")).location == "/account/password"


async def test_directory_learns_the_clients_address_and_program(house: House, browser: Browser) -> None:
    browser.client.headers["user-agent"] = "Navigateur é/1"
    await browser.log_in()
    assert await house.stack.database["sessions"].count_documents({"remote": "127.0.0.1"}) == 1


async def test_while_directory_is_away_a_page_says_so(house: House, browser: Browser) -> None:
    page = await browser.open("/login")
    await house.stack.server.stop()
    answer = await browser.send(page, "/login", address=AGENT, password=PASSWORD)
    assert answer.status == 503
    assert "ne répond pas" in answer.text
    assert "no-store" in answer.answer.headers["cache-control"]


def test_every_page_that_changes_something_reads_its_form_by_the_visit() -> None:
    """A handler that read the body itself would go around the token."""
    from inspect import getsource

    from gateway.edges.pages.routes import PAGES

    acting: list[Any] = [act for _, act in PAGES.values() if act is not None]
    assert acting
    for act in acting:
        assert {"visit.form()", "visit.form_with_file("} & set(re.findall(r"visit\.form\w*\(\)?", getsource(act))), act
