"""DMARC: alignment, where policies are found, and whom they are for."""

import pytest

from services.mail.domain.authentication import dmarc
from services.mail.domain.authentication.dmarc import Policy, organisation, policy_of
from services.mail.domain.authentication.verdicts import Dkim, Result, Spf
from services.mail.usecases.authenticate import Came
from tests.mail.authentication.signing import LETTER, Dns, Signer, checked

REJECT = b"v=DMARC1; p=reject"
NO_SPF = Spf(Result.NONE)


@pytest.mark.parametrize(
    ("domain", "registered"),
    [
        ("mail.example.org", "example.org"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("finances.gouv.tg", "gouv.tg"),
        ("impots.finances.gouv.tg", "gouv.tg"),
        ("org", "org"),
    ],
)
def test_where_a_domain_is_registered(domain: str, registered: str) -> None:
    assert organisation(domain) == registered


@pytest.mark.parametrize(
    ("records", "policy"),
    [
        ([REJECT], Policy("reject", "reject")),
        ([b"v=DMARC1;p=none;sp=quarantine;adkim=s;aspf=s;pct=20"], Policy("none", "quarantine", True, True, 20)),
        ([b"v=spf1 -all", REJECT], Policy("reject", "reject")),
        ([REJECT, REJECT], None),
        ([b"v=DMARC1; p=delete"], None),
        ([b"v=DMARC1; p=delete; rua=mailto:a@example.org"], Policy("none", "none")),
        ([b"v=DMARC1; p"], None),
        ([b"v=DMARC1; p=reject; pct=1000; sp=x"], Policy("reject", "reject")),
        ([b"p=reject; v=DMARC1"], None),
        ([], None),
    ],
)
def test_policies_are_read(records: list[bytes], policy: Policy | None) -> None:
    assert policy_of(records) == policy


@pytest.mark.parametrize(
    ("spf", "dkim", "policy", "result"),
    [
        ("example.org", "", Policy("reject", "reject"), Result.PASS),
        ("mail.example.org", "", Policy("reject", "reject"), Result.PASS),
        ("mail.example.org", "", Policy("reject", "reject", strict_spf=True), Result.FAIL),
        ("example.com", "", Policy("reject", "reject"), Result.FAIL),
        ("", "news.example.org", Policy("reject", "reject"), Result.PASS),
        ("", "news.example.org", Policy("reject", "reject", strict_dkim=True), Result.FAIL),
        ("", "example.com", Policy("reject", "reject"), Result.FAIL),
        ("org", "org", Policy("reject", "reject"), Result.FAIL),
    ],
)
def test_who_is_proven_has_to_be_whom_the_reader_sees(spf: str, dkim: str, policy: Policy, result: Result) -> None:
    found = dmarc.evaluate(
        "example.org", [policy], Spf(Result.PASS, spf) if spf else NO_SPF, [Dkim(Result.PASS, dkim)] if dkim else [], 0
    )
    assert found.result is result


@pytest.mark.parametrize("result", [each for each in Result if each is not Result.PASS])
def test_nothing_but_a_pass_proves(result: Result) -> None:
    policy = Policy("reject", "reject")
    found = dmarc.evaluate("example.org", [policy], Spf(result, "example.org"), [Dkim(result, "example.org")], 0)
    assert found.result is Result.FAIL


@pytest.mark.parametrize(("drawn", "wanted"), [(0, "reject"), (19, "reject"), (20, "quarantine"), (99, "quarantine")])
def test_a_policy_for_some_is_milder_for_the_others(drawn: int, wanted: str) -> None:
    policy = Policy("reject", "reject", percent=20)
    assert dmarc.evaluate("example.org", [policy], NO_SPF, [], drawn).policy == wanted


async def test_a_domain_below_is_under_the_policy_of_the_one_registered() -> None:
    letter = LETTER.replace(b"agent@example.org", b"agent@news.example.org")
    dns = Dns({"_dmarc.example.org": [b"v=DMARC1; p=none; sp=reject"]})
    found = (await checked(letter, dns)).dmarc
    assert (found.result, found.domain, found.policy) == (Result.FAIL, "news.example.org", "reject")
    dns.texts["_dmarc.news.example.org"] = [b"v=DMARC1; p=quarantine"]
    assert (await checked(letter, dns)).dmarc.policy == "quarantine"


async def test_a_signed_letter_passes_and_another_domains_signature_proves_nothing() -> None:
    own, other = Signer(), Signer("example.com")
    dns = Dns({own.name: [own.record], other.name: [other.record], "_dmarc.example.org": [REJECT]})
    assert (await checked(own.signed(), dns)).dmarc.result is Result.PASS
    assert (await checked(other.signed(), dns)).dmarc.result is Result.FAIL
    assert (await checked(other.signed(own.signed()), dns)).dmarc.result is Result.PASS


async def test_of_several_authors_the_least_proven_counts() -> None:
    dns = Dns({"_dmarc.example.org": [b"v=DMARC1; p=none"], "_dmarc.bank.example": [REJECT]})
    dns.texts["example.org"] = [b"v=spf1 ip4:192.0.2.7 -all"]
    letter = LETTER.replace(b"<agent@example.org>", b"<agent@example.org>, <caisse@bank.example>")
    found = (await checked(letter, dns)).dmarc
    assert (found.result, found.domain, found.policy) == (Result.FAIL, "bank.example", "reject")


async def test_a_policy_that_cannot_be_asked_for_decides_nothing() -> None:
    for away in ({"_dmarc.example.org"}, {"_dmarc.news.example.org"}):
        letter = LETTER.replace(b"agent@example.org", b"agent@news.example.org")
        assert (await checked(letter, Dns(away=away))).dmarc.result is Result.TEMPERROR


async def test_questions_that_take_too_long_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.mail.usecases.authenticate.SECONDS", 0.1)
    found = await checked(LETTER, Dns(seconds=5))
    assert (found.spf.result, found.dmarc.result) == (Result.TEMPERROR, Result.TEMPERROR)


async def test_a_letter_from_nobody_has_no_policy() -> None:
    for author in (b"", b"From: \r\n", b"From: undisclosed\r\n", b"From: <a@>\r\n"):
        found = (await checked(author + b"Subject: x\r\n\r\n", Dns(), Came("192.0.2.7", "x", ""))).dmarc
        assert (found.result, found.domain) == (Result.NONE, "")
