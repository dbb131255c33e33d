"""Files that no event carries any more go; the events of who is gone take theirs with them."""

from datetime import timedelta

from services.calendar.store.attachments import AT_ONCE
from services.calendar.usecases.context import Agenda

# Of a file that is carried: whoever drops it says so, and this is for what nobody said.
CARRIED_FOR = timedelta(days=7)
ROUNDS = 50


async def forget_attachments(agenda: Agenda) -> None:
    """A bounded round; the next one goes on."""
    for _ in range(ROUNDS):
        now = agenda.now()
        due = await agenda.attachments.due(now)
        for attachment, since in due:
            if await agenda.objects.carried(attachment.id):
                await agenda.attachments.keep(attachment, since, now + CARRIED_FOR)
            elif await agenda.attachments.remove(attachment, since):
                # Who dies here leaves a blob that nothing names: the sweep finds it.
                await agenda.files.release(attachment.blob)
        if len(due) < AT_ONCE:
            return
