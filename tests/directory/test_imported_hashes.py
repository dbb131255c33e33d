"""Password hashes of older systems: good until the first right login, refused where they would cost too much."""

import base64
import hashlib

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from passlib.hash import md5_crypt, sha256_crypt, sha512_crypt
from workspace.directory.v1 import directory_pb2 as pb

from chassis.errors import InvalidInput, Unauthenticated
from services.directory import hashes
from tests.directory.conftest import Land, Person, Stack

OLD = "Vieux-mot de passé 1998"


def salted(scheme: str, digest: str, salt: bytes = b"saltsalt") -> str:
    whole = hashlib.new(digest, OLD.encode() + salt).digest() + salt
    return f"{{{scheme}}}{base64.b64encode(whole).decode()}"


HASHES = {
    "ssha": salted("SSHA", "sha1"),
    "ssha lower case": salted("ssha", "sha1"),
    "ssha256": salted("SSHA256", "sha256"),
    "ssha512": salted("SSHA512", "sha512", b"s" * 16),
    "crypt md5": "{CRYPT}" + md5_crypt.hash(OLD),
    "crypt sha256": "{CRYPT}" + sha256_crypt.using(rounds=1000).hash(OLD),
    "crypt sha512": "{crypt}" + sha512_crypt.using(rounds=5000).hash(OLD),
    "bare crypt": sha512_crypt.using(rounds=2000).hash(OLD),
    "bcrypt": bcrypt.hashpw(OLD.encode(), bcrypt.gensalt(5)).decode(),
    "crypt bcrypt": "{CRYPT}" + bcrypt.hashpw(OLD.encode(), bcrypt.gensalt(5)).decode().replace("$2b$", "$2y$"),
}


async def opened(stack: Stack, by: Person, hashed: str, unit: str, password: str = "") -> pb.Account:
    account = pb.Account(address="ancien@economie.gouv.tg", display_name="Agent venu d'ailleurs", unit_id=unit)
    request = pb.CreateAccountRequest(account=account, password_hash=hashed, password=password)
    return await stack.cli.accounts.CreateAccount(request, **by.said)


@pytest.mark.parametrize("form", HASHES)
async def test_an_imported_hash_logs_in_and_is_replaced_at_the_first_right_login(
    stack: Stack, land: Land, form: str
) -> None:
    account = await opened(stack, land.economy_administrator, HASHES[form], land.treasury.id)
    with pytest.raises(Unauthenticated):
        await stack.log_in(account.address, "not this one at all")
    assert not (await encoded(stack, account)).startswith("$argon2id$")
    assert (await stack.log_in(account.address, OLD)).access_token
    assert (await encoded(stack, account)).startswith("$argon2id$")
    assert (await stack.log_in(account.address, OLD)).access_token
    with pytest.raises(Unauthenticated):
        await stack.log_in(account.address, "not this one at all")


async def encoded(stack: Stack, account: pb.Account) -> str:
    document = await stack.database["accounts"].find_one({"_id": account.id})
    return str(document["credential"]["encoded"])


async def test_a_mail_program_replaces_it_too(stack: Stack, land: Land) -> None:
    account = await opened(stack, land.economy_administrator, HASHES["ssha"], land.treasury.id)
    await stack.verify(account.address, OLD)
    assert (await encoded(stack, account)).startswith("$argon2id$")


@pytest.mark.parametrize(
    "hashed",
    [
        "x", "{MD5}xxxx", "{SSHA}", "{SSHA}!!!!", "{SSHA}" + base64.b64encode(b"d" * 20).decode(),
        "{SSHA}" + base64.b64encode(b"d" * 200).decode(), "{SSHA512}" + base64.b64encode(b"d" * 32).decode(),
        "{CLEARTEXT}secret", "{CRYPT}abJnggxhB/yWI", "{CRYPT}$1$rounds=10$x$" + "a" * 22,
        "$6$rounds=999999999$salt$" + "a" * 86, "$6$rounds=100001$salt$" + "a" * 86, "$6$rounds=1$salt$" + "a" * 86,
        "$5$salt$short", "$2b$13$" + "a" * 53, "$2b$31$" + "a" * 53, "$2b$03$" + "a" * 53, "$2x$10$" + "a" * 53,
        "$argon2id$v=19$m=9999999,t=99,p=1$c2FsdHNhbHQ$aGFzaA", "$7$" + "a" * 80, "{SSHA}" + "A" * 10_000, "é" * 20,
        "{CRYPT}" * 50,
    ],
)  # fmt: skip
async def test_what_is_no_hash_or_an_absurdly_slow_one_is_refused(stack: Stack, land: Land, hashed: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await opened(stack, land.economy_administrator, hashed, land.treasury.id)
    assert "password_hash" in refusal.value.fields


async def test_a_password_and_the_hash_of_one_do_not_go_together(stack: Stack, land: Land) -> None:
    with pytest.raises(InvalidInput):
        await opened(stack, land.economy_administrator, HASHES["ssha"], land.treasury.id, "an entirely new one")


async def test_a_new_password_is_not_the_imported_one(stack: Stack, land: Land) -> None:
    account = await opened(stack, land.economy_administrator, HASHES["crypt sha512"], land.treasury.id)
    request = pb.SetPasswordRequest(id=account.id, new_password=OLD)
    with pytest.raises(InvalidInput) as refusal:
        await stack.cli.accounts.SetPassword(request, **land.economy_administrator.said)
    assert refusal.value.fields == {"new_password": "used before"}


@given(st.text(max_size=600) | st.from_regex(r"\{[A-Za-z0-9]{1,9}\}[A-Za-z0-9+/=$.]{0,200}", fullmatch=True))
def test_whatever_is_imported_it_is_kept_as_it_can_be_verified_or_refused(text: str) -> None:
    try:
        kept = hashes.imported(text)
    except InvalidInput:
        return
    assert hashes.is_imported(kept)
    assert hashes.verified(kept, "some password") in {True, False}
