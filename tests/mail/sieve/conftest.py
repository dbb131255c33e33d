"""An account that has a script, and others that it writes to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from services.mail.domain.envelope import Delivery, Outcome, Recipient
from services.mail.domain.message import Message
from services.mail.usecases import deliver, list_messages
from services.mail.usecases.scripts import activate_script
from tests.mail.house import House, letter

OWN, OTHER, CHEF = "agent1@numerique.gouv.tg", "agent2@sante.gouv.tg", "chef@finances.gouv.tg"
OUTSIDE = "partenaire@example.org"


@dataclass
class Scripted:
    """The account `owner`, written to as `OWN`."""

    house: House
    owner: str

    async def script(self, source: str, owner: str = "") -> None:
        """Make it the active one."""
        account = owner or self.owner
        scripts = self.house.mail.store.scripts
        seen = await scripts.of(account)
        assert await scripts.keep(account, seen, seen.put("tri", source.encode()))
        await activate_script(self.house.mail, account, "tri")
        self.house.mail.scripts.forget(account)

    async def receive(
        self,
        source: bytes,
        *,
        sender: str = CHEF,
        to: str = OWN,
        also: Sequence[str] = (),
        refusable: bool = True,
        protocol: str = "ESMTPS",
        **options: bool,
    ) -> Outcome:
        options = {"proven": True, "refusable": refusable and not also, **options}
        prefix = (
            f"Return-Path: <{sender}>\r\nDelivered-To: {to}\r\nReceived: from a by b with {protocol}; x\r\n".encode()
        )
        deliveries = [Delivery(Recipient(account, to), prefix, **options) for account in (self.owner, *also)]
        content = await self.house.content(source)
        outcomes = await deliver(self.house.mail, sender=sender, content=content, deliveries=deliveries)
        return outcomes[0]

    async def messages(self, name: str = "INBOX", owner: str = "") -> list[Message]:
        box = await self.house.box(owner or self.owner, name)
        return (await list_messages(self.house.mail, owner or self.owner, box.id, count=50)).messages

    async def subjects(self, name: str = "INBOX", owner: str = "") -> list[str]:
        return [message.subject for message in await self.messages(name, owner)]

    async def queued(self) -> list[tuple[str, str, bytes]]:
        """What waits to leave: sender, recipient, octets."""
        return [
            (entry["sender"], entry["recipients"][0], await self._octets(entry)) for entry in self.house.queued.entries
        ]

    async def _octets(self, entry: dict[str, Any]) -> bytes:
        return b"".join([piece async for piece in self.house.mail.blobs.open(entry["blob"])])


@pytest.fixture
def scripted(house: House, owner: str) -> Scripted:
    house.people.heard = {OWN: owner, OTHER: "01JSECOND", CHEF: "01JCHEF", "agent3@sante.gouv.tg": "01JTHIRD"}
    return Scripted(house, owner)


def written(subject: str = "Note", **fields: str) -> bytes:
    return letter(subject, **{"From": CHEF, "To": OWN, **fields})
