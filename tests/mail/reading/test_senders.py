"""Names that are not whose they seem."""

import pytest

from services.mail.domain.mime import Address
from services.mail.domain.reading.hosts import imitates, is_mixed
from services.mail.domain.reading.senders import Claimed, Warned, warnings_of

OURS = ("gouv.tg",)


def claimed(name: str, address: str, raw: str | None = None, **others: object) -> set[Warned]:
    fields: dict[str, object] = {"raw": (raw or f"{name} <{address}>",), "authors": (Address(name, address),)}
    return warnings_of(Claimed(**{**fields, "answers": (), "subject": "Note", **others}), OURS)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "address", "warned"),
    [
        ("Agent 1", "agent1@numerique.gouv.tg", set()),
        ("Équipe Réseau 👩\u200d💻", "x@example.org", set()),
        ("agent1@numerique.gouv.tg", "agent1@numerique.gouv.tg", set()),
        ("agent1@numerique.gouv.tg", "x@example.org", {Warned.NAME_IS_ADDRESS}),
        ("Agent (agent1@numerique.gouv.tg)", "x@example.org", {Warned.NAME_IS_ADDRESS}),
        ("Impôts", "x@g0uv.tg", {Warned.LOOKALIKE_DOMAIN}),
        ("Impôts", "x@impots.gοuv.tg", {Warned.LOOKALIKE_DOMAIN}),
        ("Impôts", "x@xn--guv-sed.tg", {Warned.LOOKALIKE_DOMAIN}),
        ("Impôts", "x@gouv.tg.example.org", {Warned.LOOKALIKE_DOMAIN}),
        ("Agent\u202e1", "x@example.org", {Warned.HIDDEN_CHARACTERS}),
    ],
)
def test_what_a_name_and_a_domain_pretend(name: str, address: str, warned: set[Warned]) -> None:
    assert claimed(name, address) == warned


@pytest.mark.parametrize(
    "raw",
    [
        # As Mailsploit has it: NUL and line ends within encoded words, and words in place of an address.
        "=?utf-8?b?YWdlbnQxQGdvdXYudGc=?==?utf-8?Q?=00?==?utf-8?b?KGFnZW50MUBnb3V2LnRnKQ==?=@example.org",
        "=?utf-8?Q?agent1=40gouv.tg=0A=00?= <x@example.org>",
        "<=?utf-8?Q?agent1=40gouv.tg?=@example.org>",
    ],
)
def test_encoded_words_that_hide_the_sender(raw: str) -> None:
    assert Warned.DISGUISED_SENDER in claimed("Agent", "x@example.org", raw)


def test_who_wrote_it_and_who_gets_the_answer() -> None:
    assert claimed("A", "a@example.org", raw=None, answers=(Address("", "a@example.org"),)) == set()
    assert claimed("A", "a@example.org", answers=(Address("", "b@evil.example"),)) == {Warned.ANSWERS_ELSEWHERE}
    assert Warned.AUTHORS_UNCLEAR in warnings_of(Claimed((), (), (), ""), OURS)
    two = ("a@example.org", "b@example.org")
    authors = tuple(Address("", each) for each in two)
    assert Warned.AUTHORS_UNCLEAR in warnings_of(Claimed(two, authors, (), ""), OURS)


def test_domains_that_look_like_others() -> None:
    assert [host for host in ("été.tg", "пример.рф", "gouv.tg", "例え.jp") if is_mixed(host)] == []
    assert all(is_mixed(host) for host in ("gоuv.tg", "аррӏе.com", "faceboοk.com"))
    assert not imitates("sante.gouv.tg", OURS)
    assert not imitates("example.org", OURS)
    assert all(imitates(host, OURS) for host in ("gоuv.tg", "sante.g0uv.tg", "gouv.tg.evil.example", "a.gouv.tg.b.com"))
    # Accents, which the eye overlooks, as they are and as DNS has them; and letters that are wide or ornate.
    assert all(imitates(host, OURS) for host in ("goùv.tg", "xn--gov-5na.tg", "ｇｏｕｖ.tg", "gou̇v.tg", "𝐆ouv.tg"))
    assert not imitates("été.example", OURS)
