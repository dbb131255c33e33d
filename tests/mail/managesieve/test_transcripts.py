"""RFC 5804, command by command, as a client sees it."""

import base64
import json

import pytest

from services.mail.domain.options import Options
from services.mail.domain.scripts import MANAGED, MOST
from services.mail.domain.sieve import EXTENSIONS, MAX_SCRIPT
from tests.mail.house import House
from tests.mail.imap.party import ADDRESS, TOKEN
from tests.mail.managesieve.party import LOGIN, ManageSieve, plain

TRI = b'require "fileinto";\r\nif header :contains "subject" "facture" { fileinto "Factures"; }\r\n'


def told(lines: list[bytes]) -> dict[str, str]:
    """Capabilities by name."""
    pairs = [line.decode().removeprefix('"').removesuffix('"').split('" "') for line in lines]
    return {name: (value[0] if value else "") for name, *value in pairs}


async def test_the_greeting_says_what_there_is_and_no_version(sieve: ManageSieve) -> None:
    client = await sieve.silent()
    *lines, last = await client.answer()
    assert last.startswith(b"OK")
    offered = told(lines)
    assert (offered["IMPLEMENTATION"], offered["VERSION"], offered["SASL"]) == ("workspace", "1.0", "")
    assert set(offered["SIEVE"].split()) == set(EXTENSIONS)
    assert {"STARTTLS", "NOTIFY", "MAXREDIRECTS", "UNAUTHENTICATE"} <= offered.keys()
    secure = await sieve.secure()
    offered = told(await secure.ok("CAPABILITY"))
    assert offered["SASL"] == "PLAIN OAUTHBEARER"
    assert "STARTTLS" not in offered
    await secure.ok(LOGIN)
    offered = told(await secure.ok("capability"))
    assert (offered["SASL"], offered["OWNER"]) == ("", ADDRESS)


async def test_no_password_is_taken_without_tls(sieve: ManageSieve) -> None:
    client = await sieve.clear()
    assert (await client.no(LOGIN)).startswith(b"NO (ENCRYPT-NEEDED) ")
    assert (await client.no("LISTSCRIPTS")).startswith(b"NO")
    assert sieve.doorkeeper.asked == []


async def test_plain_with_and_without_initial_response(sieve: ManageSieve) -> None:
    client = await sieve.secure()
    assert (await client.no(b'AUTHENTICATE "PLAIN" "%b"' % plain("faux"))).startswith(b"NO")
    assert (await client.no(b'AUTHENTICATE "PLAIN" "%b"' % plain(acting="autre@gouv.tg"))).startswith(b"NO")
    assert b"mechanism" in await client.no('AUTHENTICATE "DIGEST-MD5"')
    await client.send(b'AUTHENTICATE "plain"\r\n')
    assert await client.line() == b'""'
    await client.send(b'"*"\r\n')
    assert (await client.line()).startswith(b"NO")
    await client.send(b'AUTHENTICATE "PLAIN"\r\n')
    await client.line()
    await client.send(b"{%d+}\r\n%b\r\n" % (len(plain()), plain()))
    assert (await client.line()).startswith(b"OK")
    assert (await client.no(LOGIN)).startswith(b"NO")


async def test_oauthbearer(sieve: ManageSieve) -> None:
    client = await sieve.secure()
    for token, account in (("faux", ADDRESS), (TOKEN, "autre@gouv.tg")):
        given = base64.b64encode(f"n,a={account},\x01auth=Bearer {token}\x01\x01".encode())
        await client.send(b'AUTHENTICATE "OAUTHBEARER" "%b"\r\n' % given)
        refused = base64.b64decode((await client.line()).strip(b'"'))
        assert json.loads(refused) == {"status": "invalid_token"}
        await client.send(b'"AQ=="\r\n')
        assert (await client.line()).startswith(b"NO")
    given = base64.b64encode(f"n,,\x01auth=Bearer {TOKEN}\x01\x01".encode())
    await client.ok(b'AUTHENTICATE "OAUTHBEARER" "%b"' % given)
    await client.ok("LISTSCRIPTS")


async def test_scripts_are_put_listed_activated_read_renamed_and_deleted(
    sieve: ManageSieve, house: House, owner: str
) -> None:
    client = await sieve.logged_in()
    assert await client.ok("LISTSCRIPTS") == []
    assert (await client.put("tri", TRI)).startswith(b"OK")
    assert (await client.put("vide", b"")).startswith(b"OK")
    assert (await client.put('Rép\\"onse', b"keep;")).startswith(b"OK")
    assert await client.ok("LISTSCRIPTS") == ['"Rép\\"onse"'.encode(), b'"tri"', b'"vide"']
    assert await house.mail.store.scripts.active(owner) is None
    await client.ok('SETACTIVE "tri"')
    assert b'"tri" ACTIVE' in await client.ok("LISTSCRIPTS")
    assert await client.ok('GETSCRIPT "tri"') == [b"{%d}\r\n%b" % (len(TRI), TRI)]
    assert await client.ok(b"GETSCRIPT {4+}\r\nvide") == [b"{0}\r\n"]
    assert (await client.no('DELETESCRIPT "tri"')).startswith(b"NO (ACTIVE) ")
    assert (await client.no('RENAMESCRIPT "tri" "vide"')).startswith(b"NO (ALREADYEXISTS) ")
    await client.ok('RENAMESCRIPT "tri" "tri 2"')
    assert b'"tri 2" ACTIVE' in await client.ok("LISTSCRIPTS")
    # Another session's change of the active script runs at once.
    other = await sieve.logged_in()
    assert (await other.put("tri 2", b"discard;")).startswith(b"OK")
    active = await house.mail.store.scripts.active(owner)
    assert active is not None
    assert active.source == b"discard;"
    await client.ok('SETACTIVE ""')
    await client.ok('DELETESCRIPT "tri 2"')
    for command in ('GETSCRIPT "tri"', 'SETACTIVE "tri"', 'DELETESCRIPT "tri"', 'RENAMESCRIPT "tri" "x"'):
        assert (await client.no(command)).startswith(b"NO (NONEXISTENT) "), command


async def test_only_a_script_is_kept_and_what_is_wrong_with_others_is_said_where(sieve: ManageSieve) -> None:
    client = await sieve.logged_in()
    await client.put("tri", TRI)
    refused = await client.put("tri", b'keep;\r\nfileinto "x";\r\n')
    assert refused.startswith(b"NO {")
    assert b"Ligne 2, colonne 1" in refused
    assert b"Line 2, column 1" in refused
    assert b"Line 1" in await client.no(b"CHECKSCRIPT {4+}\r\nif x")
    await client.ok(b"CHECKSCRIPT {%d+}\r\n%b" % (len(TRI), TRI))
    await client.ok('CHECKSCRIPT "keep;"')
    assert await client.ok('GETSCRIPT "tri"') == [b"{%d}\r\n%b" % (len(TRI), TRI)]
    assert await client.ok("LISTSCRIPTS") == [b'"tri"']


async def test_room_is_told_and_refused(sieve: ManageSieve) -> None:
    client = await sieve.logged_in()
    await client.ok(f'HAVESPACE "tri" {MAX_SCRIPT}')
    for size in (MAX_SCRIPT + 1, 2**32 - 1):
        assert (await client.no(f'HAVESPACE "tri" {size}')).startswith(b"NO (QUOTA/MAXSIZE) ")
    for number in range(MOST):
        assert (await client.put(f"n{number}", b"keep;")).startswith(b"OK")
    assert (await client.no('HAVESPACE "tri" 1')).startswith(b"NO (QUOTA/MAXSCRIPTS) ")
    assert (await client.put("tri", b"keep;")).startswith(b"NO (QUOTA/MAXSCRIPTS) ")
    await client.ok('HAVESPACE "n1" 1')
    assert (await client.put("n1", b"stop;")).startswith(b"OK")
    assert len(await client.ok("LISTSCRIPTS")) == MOST


async def test_the_script_of_the_rules_is_read_and_not_written(sieve: ManageSieve) -> None:
    client = await sieve.logged_in()
    await client.put("tri", TRI)
    for command in (f'PUTSCRIPT "{MANAGED}" "keep;"', f'RENAMESCRIPT "tri" "{MANAGED}"', f'HAVESPACE "{MANAGED}" 5'):
        assert b"rules" in await client.no(command)


async def test_noop_gives_the_tag_back_and_logout_ends(sieve: ManageSieve) -> None:
    client = await sieve.clear()
    await client.ok("NOOP")
    assert (await client.do('NOOP "STARTTLS-SYNC-42"'))[-1].startswith(b'OK (TAG "STARTTLS-SYNC-42") ')
    assert (await client.do(b"NOOP {3+}\r\na\r\n"))[-1].startswith(b"OK (TAG {3}\r\na\r\n) ")
    await client.ok("LOGOUT")
    assert await client.closed()


async def test_unauthenticate_leaves_nobody(sieve: ManageSieve) -> None:
    client = await sieve.logged_in()
    await client.ok("UNAUTHENTICATE")
    await client.no("LISTSCRIPTS")
    await client.no("UNAUTHENTICATE")
    await client.ok(LOGIN)
    await client.ok("LISTSCRIPTS")


FORWARD = b'require ["copy", "variables"];\r\nif true { redirect :copy "%b"; }\r\n'


@pytest.mark.parametrize("to", [b"agent@example.org", b"Agent <agent@EXAMPLE.org>", b"${x}@gouv.tg"])
async def test_forwarding_outside_is_told_to_the_audit_log_once(
    sieve: ManageSieve, house: House, owner: str, to: bytes
) -> None:
    async def acts() -> list[dict[str, str]]:
        found = await house.database["scripts"].find_one({"_id": owner})
        return [json.loads(each["body"]) for each in found.get("outbox", [])]

    client = await sieve.logged_in()
    assert (await client.put("dedans", FORWARD % b"autre@sante.gouv.tg")).startswith(b"OK")
    await client.ok('SETACTIVE "dedans"')
    assert (await client.put("dehors", FORWARD % to)).startswith(b"OK")
    assert await acts() == []
    await client.ok('SETACTIVE "dehors"')
    assert (await client.put("dehors", FORWARD % to + b"keep;\r\n")).startswith(b"OK")
    (act,) = await acts()
    assert (act["type"], act["actor"]) == ("act_recorded", owner)
    shown = act["data"]
    assert (shown["act"], shown["target_id"], shown["target_name"]) == ("forward_outside", owner, ADDRESS)
    assert shown["remote_address"] == "127.0.0.1"
    expected = "${...}" if b"$" in to else "agent@example.org"
    assert shown["details"] == {"script": "dehors", "to": expected}


@pytest.mark.parametrize(
    ("told", "outside"),
    [
        (b"mailto:agent@example.org?to=a@gouv.tg", True),
        (b"mailto:a@gouv.tg?body=b@example.org", False),
        (b"${x}", True),
    ],
)
async def test_notifying_outside_counts_as_forwarding(
    sieve: ManageSieve, house: House, told: bytes, outside: bool
) -> None:
    object.__setattr__(house.mail, "options", Options(forwarding_outside=False))
    client = await sieve.logged_in()
    script = b'require ["enotify", "variables"];\r\nif true { notify "%b"; }\r\n' % told
    answer = (await client.do(b"CHECKSCRIPT {%d+}\r\n%b" % (len(script), script)))[-1]
    assert (b"not allowed" in answer) is outside, answer


async def test_forwarding_outside_is_refused_where_policy_forbids_it(sieve: ManageSieve, house: House) -> None:
    client = await sieve.logged_in()
    await client.put("ancien", FORWARD % b"agent@example.org")
    object.__setattr__(house.mail, "options", Options(forwarding_outside=False))
    for to in (b"agent@example.org", b"${x}@gouv.tg"):
        script = FORWARD % to
        assert b"n'est pas autoris" in await client.put("dehors", script)
        assert b"not allowed" in await client.no(b"CHECKSCRIPT {%d+}\r\n%b" % (len(script), script))
    assert b"not allowed" in await client.no('SETACTIVE "ancien"')
    assert (await client.put("dedans", FORWARD % b"autre@sante.gouv.tg")).startswith(b"OK")
    await client.ok('SETACTIVE "dedans"')
