"""Names of mailboxes that scripts and rules may not make."""

from collections.abc import Callable

import pytest

from chassis.errors import InvalidInput
from services.mail.domain.envelope import Result
from services.mail.domain.rules import Act, Action, Rule, Rules, sound
from services.mail.domain.sieve import ScriptError, compile_script
from services.mail.domain.sieve import sound as looks
from tests.mail.sieve.conftest import OTHER, Scripted, written

COMPUTED = (
    'require ["fileinto", "mailbox", "variables"]; if header :matches "subject" "*" { fileinto :create "${1}/INBOX"; }'
)


@pytest.mark.parametrize("name", [f"Autres utilisateurs/{OTHER}", "FONCTIONS/maire@gouv.tg/INBOX", "Fonctions"])
async def test_no_letter_is_lost_to_a_name_that_is_kept_for_others(scripted: Scripted, name: str) -> None:
    """Whoever writes chooses the subject."""
    await scripted.script(COMPUTED)
    assert (await scripted.receive(written(name))).result is Result.DELIVERED
    assert name in await scripted.subjects()


async def test_what_a_script_may_not_make_is_kept_in_inbox(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where only the making of a mailbox notices it."""
    anything: Callable[[str], looks.Wrong] = lambda _: None  # noqa: E731
    monkeypatch.setattr(looks, "mailbox", anything)
    await scripted.script(COMPUTED)
    await scripted.receive(written("Fonctions"))
    assert await scripted.subjects() == ["Fonctions"]


def test_such_names_are_refused_when_they_are_written() -> None:
    with pytest.raises(ScriptError, match="kept for mailboxes of others"):
        compile_script(b'require "fileinto"; fileinto "Fonctions/maire@gouv.tg/INBOX";')
    rule = Rule("r", (), (Action(Act.MOVE, mailbox="autres utilisateurs/a@gouv.tg"),))
    with pytest.raises(InvalidInput, match="kept for mailboxes of others"):
        sound(Rules(rules=(rule,)))
