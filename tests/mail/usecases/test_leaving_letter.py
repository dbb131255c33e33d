"""What a sender is told whose letter left though a rule is about it."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

from services.mail.domain.leaving_letter import LeftAnyway, leaving_letter

TOLD = LeftAnyway(
    "01JFACT", datetime(2026, 3, 2, 8, 30, tzinfo=UTC), "{0} Rapport " + "é" * 5000,
    [(f"Règle {number}", "Préférez le drive.") for number in range(600)],
)  # fmt: skip


def test_it_says_which_rules_in_both_languages() -> None:
    source = leaving_letter(TOLD, "agent1@numerique.gouv.tg", "gouv.tg")
    found = message_from_bytes(source, policy=default)
    assert (found["To"], found["Auto-Submitted"]) == ("agent1@numerique.gouv.tg", "auto-generated")
    body = found.get_content()
    assert body.index("est parti") < body.index("has left") < body.index("Règle 0: Préférez le drive.")
    assert "« {0} Rapport é" in body
    assert source == leaving_letter(TOLD, "agent1@numerique.gouv.tg", "gouv.tg")
    assert all(len(line) < 998 for line in source.split(b"\r\n"))
