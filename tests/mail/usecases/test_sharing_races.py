"""What is shared while it is changed: nothing lives on of a grant that has ended."""

import pytest

from services.mail.domain.mailbox import Mailbox
from services.mail.usecases import create_mailbox, rename_mailbox
from services.mail.usecases.share_mailbox import share_mailbox
from services.mail.usecases.shared_mailboxes import shared_mailboxes
from tests.mail.house import House

OTHER, OTHERS = "01JOTHER", "agent2@sante.gouv.tg"


@pytest.mark.parametrize("act", ["made", "renamed"])
async def test_nothing_lives_on_below_of_a_grant_that_ends_meanwhile(
    house: House, owner: str, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    """Whoever makes a mailbox below one that is shared looked at it before the grant ended."""
    house.people.heard = {"agent1@numerique.gouv.tg": owner, OTHERS: OTHER}
    top = await create_mailbox(house.mail, owner, "Projets")
    await share_mailbox(house.mail, owner, owner, top.id, OTHERS, "lr")
    below = await create_mailbox(house.mail, owner, "Projets/Budget")
    assert len(await shared_mailboxes(house.mail, OTHER)) == 2
    await share_mailbox(house.mail, owner, owner, below.id, OTHERS, "")
    apart = await create_mailbox(house.mail, owner, "Note")
    look = house.mail.store.mailboxes.of

    async def looked(account: str, **how: object) -> list[Mailbox]:
        found = await look(account, **how)
        monkeypatch.undo()
        await share_mailbox(house.mail, owner, owner, top.id, OTHERS, "")
        return found

    monkeypatch.setattr(house.mail.store.mailboxes, "of", looked)
    if act == "made":
        await create_mailbox(house.mail, owner, "Projets/Secret")
    else:
        await rename_mailbox(house.mail, owner, apart.id, "Projets/Secret/Note")
    assert await shared_mailboxes(house.mail, OTHER) == []
