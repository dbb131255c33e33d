"""What other services hear of an account."""

from datetime import UTC, datetime

from services.directory.domain.accounts import ADMINISTRATOR, Account, RoleGrant
from services.directory.usecases.facts import told

AT = datetime(2026, 3, 2, tzinfo=UTC)


def test_others_hear_what_an_account_administers_and_of_no_other_role() -> None:
    grants = (RoleGrant(ADMINISTRATOR, ("ministry", "directorate")), RoleGrant("auditor", ("ministry",)))
    account = Account("a1", "agent1@numerique.gouv.tg", "Agent 1", AT, roles=grants)
    assert list(told(account).administers) == ["directorate"]
    assert list(told(Account("a1", "a@gouv.tg", "A", AT, roles=(RoleGrant(ADMINISTRATOR),))).administers) == [""]
