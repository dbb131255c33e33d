"""What scripts pass on of what came from outside: sealed with what reception found, and never signed as our own."""

from typing import Any

import dkim
import pytest

from services.mail.domain.authentication.verdicts import Result
from services.mail.domain.queue import Entry
from services.mail.relay import signing
from services.mail.relay.signing import Signer as Sealer
from services.mail.usecases.scripts import activate_script
from services.mail.usecases.signing_keys import signing_keys
from tests.mail.authentication.signing import LETTER, Dns, Signer, checked
from tests.mail.smtp.peer import AGENT, OTHER, Smtp, Start

OWN, SECOND = AGENT.partition("@")[2], OTHER.partition("@")[2]


@pytest.fixture(scope="module")
def author() -> Signer:
    return Signer()


@pytest.fixture
async def dns(house: Any, author: Signer, monkeypatch: pytest.MonkeyPatch) -> Dns:
    """Of the author, and of our domains."""
    monkeypatch.setattr(signing, "KEYS_SECONDS", 0.0)
    found = Dns({author.name: [author.record], "example.org": [b"v=spf1 ip4:127.0.0.1 -all"]})
    for domain in {OWN, SECOND}:
        for key in (await signing_keys(house.mail, domain))[0].keys:
            found.texts[key.name] = [key.record]
    return found


async def redirecting(smtp: Smtp, owner: str, to: str) -> None:
    seen = await smtp.house.mail.store.scripts.of(owner)
    await smtp.house.mail.store.scripts.keep(owner, seen, seen.put("tri", f'redirect "{to}";'.encode()))
    await activate_script(smtp.house.mail, owner, "tri")


async def receive(smtp: Smtp, letter: bytes, sender: str = "agent@example.org") -> None:
    peer = await smtp.connect()
    await peer.envelope(sender)
    await peer.send(letter + b".\r\n")
    assert (await peer.reply()).startswith("250")
    await peer.expect("QUIT", "221")


async def leaving(smtp: Smtp, dns: Dns) -> bytes:
    """The only letter that waits to leave, as another server gets it."""
    (queued,) = smtp.house.queued.entries
    now = smtp.house.clock()
    entry = Entry(
        "1", queued["owner"], queued["submission_id"], queued["sender"], "example.com", (), queued["blob"],
        queued["size"], now, now, found=queued["found"],
    )  # fmt: skip
    above = await Sealer(smtp.house.mail, dns).fields(entry)
    return above + b"".join([piece async for piece in smtp.house.mail.blobs.open(entry.blob)])


async def test_what_a_script_passes_on_is_sealed_with_what_we_found(start: Start, dns: Dns, author: Signer) -> None:
    smtp = await start(dns=dns)
    await redirecting(smtp, "01AGENT1", "partenaire@example.com")
    await receive(smtp, author.signed())
    letter = await leaving(smtp, dns)
    found = await checked(letter, dns)
    assert (found.arc.result, found.arc.sealer) == (Result.PASS, OWN)
    said = found.arc.said.strip()
    assert said.startswith(b"i=1; mx.gouv.tg;\r\n\tspf=pass smtp.mailfrom=agent@example.org;\r\n\tdkim=pass ")
    assert b"header.from=example.org" in said
    # The author's own signature holds, and there is none of ours beside it.
    assert [(each.result, each.domain) for each in found.dkim] == [(Result.PASS, "example.org")]

    def text(name: bytes, timeout: int = 5) -> bytes:
        return b"".join(dns.texts.get(name.decode().rstrip("."), []))

    assert dkim.arc_verify(letter, dnsfunc=text)[0] == dkim.CV_Pass


async def test_what_goes_by_two_mailboxes_here_is_sealed_once_by_the_last(
    start: Start, dns: Dns, author: Signer
) -> None:
    smtp = await start(dns=dns)
    await redirecting(smtp, "01AGENT1", OTHER)
    await redirecting(smtp, "01AGENT2", "partenaire@example.com")
    await receive(smtp, author.signed())
    letter = await leaving(smtp, dns)
    found = await checked(letter, dns)
    assert (found.arc.result, found.arc.sealer) == (Result.PASS, SECOND)
    assert letter.count(b"ARC-Seal:") == 1


async def test_what_was_forged_in_our_name_outside_is_not_signed_by_us(start: Start, dns: Dns) -> None:
    dns.texts[f"_dmarc.{OWN}"] = [b"v=DMARC1; p=none"]
    smtp = await start(dns=dns)
    await redirecting(smtp, "01AGENT1", "partenaire@example.com")
    await receive(smtp, LETTER.replace(b"agent@example.org", f"directeur@{OWN}".encode()))
    letter = await leaving(smtp, dns)
    assert b"DKIM-Signature" not in letter
    assert b"dmarc=fail" in letter.partition(b"ARC-Authentication-Results")[2]


async def test_without_keys_in_dns_nothing_is_sealed(start: Start, dns: Dns, author: Signer) -> None:
    smtp = await start(dns=dns)
    await redirecting(smtp, "01AGENT1", "partenaire@example.com")
    await receive(smtp, author.signed())
    assert b"ARC-" not in await leaving(smtp, Dns())
