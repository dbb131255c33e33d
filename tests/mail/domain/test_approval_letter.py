"""What approvers and senders are told of letters that wait for approval."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from services.mail.domain.approval import Ground, Outcome
from services.mail.domain.approval_letter import Decided, Waits, asking_letter, decision_letter, waiting_letter

AT = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
SUBJECT = "{0} Plan " + "é" * 5000
ADDRESS, DOMAIN = "agent1@numerique.gouv.tg", "gouv.tg"
WAITS = Waits(
    "01JLETTER", AT, AT + timedelta(days=7), ADDRESS, SUBJECT, [f"a{number}@example.org" for number in range(500)],
    [Ground("01UNIT", f"Règle {number}", "\U0001f512 " * 150, holds=True) for number in range(600)],
)  # fmt: skip


def text_of(source: bytes) -> str:
    found = message_from_bytes(source, policy=default)
    assert (found["To"], found["Auto-Submitted"]) == (ADDRESS, "auto-generated")
    assert all(len(line) <= 998 for line in source.split(b"\r\n"))
    return str(found["Subject"]) + found.get_content()


@pytest.mark.parametrize("written", [waiting_letter, asking_letter])
def test_what_waits_is_told_in_both_languages(written: Callable[[Waits, str, str], bytes]) -> None:
    text = text_of(written(WAITS, ADDRESS, DOMAIN))
    assert text.index("approbation") < text.index("approval")
    assert text.count("09/03/2026 08:30 UTC") == 2
    assert "Règle 0: \U0001f512" in text
    assert "+ 480" in text
    assert ("Plan" in text) is (written is waiting_letter)
    assert written(WAITS, ADDRESS, DOMAIN) == written(WAITS, ADDRESS, DOMAIN)


@pytest.mark.parametrize(
    ("outcome", "french", "english"),
    [
        (Outcome.APPROVED, "est approuvé. Il part", "is approved. It leaves"),
        (Outcome.REFUSED, "est refusé : personne ne l'a reçu", "is refused: nobody has received it"),
        (Outcome.EXPIRED, "Personne n'a décidé à temps", "Nobody has decided"),
    ],
)
def test_a_decision_is_told_in_both_languages_with_its_reason(outcome: Outcome, french: str, english: str) -> None:
    by = "" if outcome is Outcome.EXPIRED else "chef@numerique.gouv.tg"
    told = Decided("01JFACT", AT, SUBJECT, outcome, by, "Vu {avec} le cabinet. " + "é" * 478 if by else "")
    text = text_of(decision_letter(told, ADDRESS, DOMAIN))
    assert 0 < text.index(french) < text.index(english)
    assert ("<chef@numerique.gouv.tg> : Vu {avec} le cabinet." in text) is bool(by)
