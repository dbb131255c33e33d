"""Forget deletions that every client in use has heard of long ago."""

from collections import defaultdict

from services.calendar.usecases.context import Agenda


async def forget_deletions(agenda: Agenda) -> int:
    """How many went. Each calendar first says from where on it knows."""
    count = 0
    before = agenda.now() - agenda.options.deletions_kept
    while old := await agenda.objects.removed_before(before):
        newest: dict[str, int] = defaultdict(int)
        for gone in old:
            newest[gone.calendar] = max(newest[gone.calendar], gone.modseq)
        for calendar_id, modseq in newest.items():
            await agenda.calendars.forget_until(calendar_id, modseq)
        await agenda.objects.forget(old, before)
        count += len(old)
    return count
