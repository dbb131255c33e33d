"""Which letters a machine may answer."""

import pytest

from services.mail.domain.sieve import Letter
from services.mail.domain.sieve.answering import may_answer

OWN, SOMEBODY = "agent1@numerique.gouv.tg", "partenaire@example.org"


def answers(sender: str = SOMEBODY, to: str = OWN, **fields: str) -> bool:
    header = f"To: {to}\r\n" + "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return may_answer(Letter(b"", header.encode(), 0), sender, [OWN])


@pytest.mark.parametrize(
    "to", [OWN, OWN.upper(), f"Agent <{OWN}>, x@y.example", "agent1+projets@numerique.gouv.tg", f"groupe: a@b, {OWN};"]
)
def test_who_writes_to_somebody_is_answered(to: str) -> None:
    assert answers(to=to)
    assert answers(to="x@y.example", Cc=to)
    assert answers(to="x@y.example", Resent_To=to)
    assert answers(to=to, Auto_Submitted="no")
    assert answers(to=to, Auto_Submitted="No; x=y", Precedence="urgent")


@pytest.mark.parametrize(
    "fields",
    [
        {"List_Id": "<liste.example.org>"},
        {"List_Unsubscribe": "<mailto:x@example.org>"},
        {"List_Post": "NO"},
        {"Precedence": "bulk"},
        {"Precedence": " List "},
        {"precedence": "JUNK"},
        {"Auto_Submitted": "auto-generated"},
        {"Auto_Submitted": "auto-replied; x=y"},
        {"Auto_Submitted": ""},
        {"X_Auto_Response_Suppress": "DR, OOF"},
        {"X_Auto_Response_Suppress": "All"},
        {"to": "liste@example.org"},
        {"to": ""},
        {"to": "agent1@numerique.gouv.tg.example.org"},
    ],
)
def test_lists_and_machines_are_not_answered(fields: dict[str, str]) -> None:
    assert not answers(**fields)


@pytest.mark.parametrize(
    "sender",
    [
        "", OWN, "Agent1+x@numerique.gouv.tg", "MAILER-DAEMON@example.org", "noreply@example.org",
        "no-reply+x@example.org", "ne-pas-repondre@example.org", "nepasrepondre@example.org",
        "Ne-Pas-Répondre@example.org", "ne_pas_re\u0301pondre@example.org",
        "owner-liste@example.org", "liste-owner@example.org", "liste-request@example.org",
        "liste-bounces@example.org", "bounces+x=y@example.org", "listserv@example.org",
        "DoNotReply@example.org", "postmaster@example.org", "Majordomo@example.org",
    ],
)  # fmt: skip
def test_nobody_and_addresses_that_nobody_reads_are_not_answered(sender: str) -> None:
    assert not answers(sender)


def test_who_is_only_called_alike_is_answered() -> None:
    assert answers("norepliant@example.org")
    assert answers("ownership@example.org")
    assert answers("bouncer@example.org")
