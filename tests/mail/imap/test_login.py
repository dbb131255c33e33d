"""Who may log in, how, and what is said to who may not (RFC 3501 §6.2, RFC 4959, RFC 7628)."""

import base64

from tests.mail.imap.party import ADDRESS, PASSWORD, TOKEN, Imap

LOGIN = f'LOGIN {ADDRESS} "{PASSWORD}"'


async def test_capability_depends_on_tls_and_state(imap: Imap) -> None:
    plain = await imap.plain()
    greeting = await plain.response()
    assert greeting.startswith(b"* OK [CAPABILITY IMAP4rev1 ")
    assert b"STARTTLS" in greeting
    assert b"LOGINDISABLED" in greeting
    assert b"AUTH=" not in greeting
    secure = await imap.secure()
    greeting = await secure.response()
    assert b"AUTH=PLAIN AUTH=OAUTHBEARER" in greeting
    assert b"STARTTLS" not in greeting
    [told] = await secure.ok("CAPABILITY")
    offered = "IMAP4rev1 LITERAL+ UIDPLUS MOVE IDLE NAMESPACE SPECIAL-USE CHILDREN ENABLE CONDSTORE ID SASL-IR"
    assert set(offered.split()) <= set(told.decode().split())


async def test_login_and_its_failures(imap: Imap) -> None:
    client = await imap.secure()
    await client.response()
    assert (await client.do(f"LOGIN {ADDRESS} faux"))[-1].startswith(b"NO [AUTHENTICATIONFAILED]")
    assert (await client.do("SELECT INBOX"))[-1].startswith(b"BAD")
    assert (await client.do(LOGIN))[-1].startswith(b"OK [CAPABILITY ")
    assert (await client.do(LOGIN))[-1].startswith(b"BAD")
    assert imap.doorkeeper.asked[-1] == (ADDRESS, "127.0.0.1")


async def test_three_failed_logins_end_the_session(imap: Imap) -> None:
    client = await imap.secure()
    await client.response()
    for _ in range(2):
        await client.do(f"LOGIN {ADDRESS} faux")
    told = await client.do(f"LOGIN {ADDRESS} faux")
    assert told[0].startswith(b"* BYE")
    assert await client.closed()
    await imap.still_serves()


async def test_no_password_is_taken_without_tls(imap: Imap) -> None:
    client = await imap.plain()
    await client.response()
    assert (await client.do(LOGIN))[-1].startswith(b"NO [PRIVACYREQUIRED]")
    assert (await client.do("AUTHENTICATE PLAIN"))[-1].startswith(b"NO [PRIVACYREQUIRED]")
    assert imap.doorkeeper.asked == []


def sasl_plain(password: str, acting: str = "") -> bytes:
    return base64.b64encode(f"{acting}\0{ADDRESS}\0{password}".encode())


async def test_authenticate_plain_with_and_without_initial_response(imap: Imap) -> None:
    client = await imap.secure()
    await client.response()
    assert (await client.do(b"AUTHENTICATE PLAIN " + sasl_plain("faux")))[-1].startswith(b"NO")
    assert (await client.do(b"AUTHENTICATE PLAIN " + sasl_plain(PASSWORD, "autre@gouv.tg")))[-1].startswith(b"NO")
    await client.send(b"a AUTHENTICATE PLAIN\r\n")
    assert await client.response() == b"+ "
    await client.send(b"*\r\n")
    assert (await client.response()).startswith(b"a BAD")
    await client.send(b"b AUTHENTICATE PLAIN\r\n")
    await client.response()
    await client.send(sasl_plain(PASSWORD) + b"\r\n")
    assert (await client.response()).startswith(b"b OK [CAPABILITY")
    await client.ok("SELECT INBOX")


def bearer(token: str, account: str = ADDRESS) -> bytes:
    return base64.b64encode(f"n,a={account},\x01host=localhost\x01auth=Bearer {token}\x01\x01".encode())


async def test_authenticate_oauthbearer(imap: Imap) -> None:
    client = await imap.secure()
    await client.response()
    for response in (bearer("faux"), bearer(TOKEN, "autre@gouv.tg")):
        await client.send(b"a AUTHENTICATE OAUTHBEARER " + response + b"\r\n")
        assert base64.b64decode((await client.response())[2:]) == b'{"status": "invalid_token"}'
        await client.send(b"AQ==\r\n")
        assert (await client.response()).startswith(b"a NO [AUTHENTICATIONFAILED]")
    await client.ok(b"AUTHENTICATE OAUTHBEARER " + bearer(TOKEN))
