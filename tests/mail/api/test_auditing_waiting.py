"""What a custodian has sent and nobody has yet is no place to hide letters from the auditors of a matter."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.errors import NotFound
from chassis.identity import acting_as
from chassis.rpc import translated
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.envelope import Sender
from services.mail.domain.leaving import Action, Rule, To
from services.mail.usecases import audit_matter, send
from services.mail.usecases.hold import cancel_held
from services.mail.usecases.leaving import put_rules
from tests.mail.api.conftest import Api
from tests.mail.api.test_auditing import ADDRESS, AGENT, AUDITOR, MINISTRY, auditing, everything, opened, source
from tests.mail.house import House, chunked, letter

__all__ = ["auditing"]
RULE = Rule("Confidentiel", Action.HOLD, "Sort avec l'accord du chef.", marks=("confidentiel",), to=To.OUTSIDE)


async def test_letters_that_wait_are_found_and_read(
    api: Api, house: House, auditing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_matter, "WAITING_AT_ONCE", 1)
    house.people.heard["chef@numerique.gouv.tg"] = "01BOSS"
    await put_rules(house.mail, MINISTRY, Whereabouts("M", (MINISTRY,)), [RULE], ["chef@numerique.gouv.tg"])
    matter = await opened(api, house)
    sender, tomorrow = Sender(AGENT, ADDRESS), house.clock() + timedelta(days=1)
    fields = {"To": "b@example.org", "Bcc": "c@example.org"}
    plan = chunked(letter("Plan", "marché secret", **fields))
    scheduled = await send(house.mail, sender, plan, release_at=tomorrow)
    asked = await send(house.mail, sender, chunked(letter("[CONFIDENTIEL] Note", "autre chose", **fields)))
    assert asked.awaits_approval
    with acting_as(await api.identity(AUDITOR, audits=MINISTRY)):
        found = await everything(auditing, matter)
        assert [(each.subject, each.kept_because) for each in found] == [
            ("Plan", "waiting"), ("[CONFIDENTIEL] Note", "waiting"),
        ]  # fmt: skip
        for each in found:
            octets = await source(auditing, matter.id, each.id)
            assert len(octets) == each.size
            assert b"Bcc: c@example.org" in octets
        for condition, subjects in (
            ({"text": "marche"}, ["Plan"]),
            ({"to": "c@example.org"}, ["Plan", "[CONFIDENTIEL] Note"]),
            ({"mailbox": "INBOX"}, []),
        ):
            assert [each.subject for each in await everything(auditing, matter, **condition)] == subjects
        await cancel_held(house.mail, AGENT, scheduled.id)
        await cancel_held(house.mail, AGENT, asked.id)
        drafts = await everything(auditing, matter)
        assert sorted((each.subject, each.mailbox) for each in drafts) == [
            ("Plan", "Drafts"), ("[CONFIDENTIEL] Note", "Drafts"),
        ]  # fmt: skip
        with pytest.raises(NotFound), translated():
            await source(auditing, matter.id, found[0].id)
