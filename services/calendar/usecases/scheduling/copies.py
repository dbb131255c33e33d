"""Where somebody has a meeting: in a calendar of their own, or in a team's, where they organise it."""

from typing import Any

from services.calendar.domain.stored import Stored
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.scheduling.parties import Party


async def copies_of(agenda: Agenda, party: Party, uid: str, session: Any = None) -> list[Stored]:
    own = await agenda.objects.of_owner_with_uid(party.id, uid, session)
    return [*own, *await agenda.objects.organised_in_teams(party.addresses, uid, session)]
