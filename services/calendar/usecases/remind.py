"""Tell people of what is about to begin: each reminder once, on time, and late rather than never."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from chassis.events import Fact
from services.calendar.domain.reminder_letter import reminder_letter
from services.calendar.domain.reminders import Reminder, due, next_due
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.facts import letter_requested, reminder_due

AT_ONCE = 500


async def remind(agenda: Agenda, shard: int) -> int:
    """Of the owners of one shard; how many objects had something due.

    Whoever dies between the two writes leaves it to be found again, and what was made already is not made twice.
    Several workers may do it at once.
    """
    count, before = 0, -1
    while before < count:
        before = count
        told: list[tuple[str, int, int | None]] = []
        async for found in agenda.objects.alarming(shard, int(agenda.now().timestamp())):
            now = int(agenda.now().timestamp())
            gone = await agenda.emptying.among(stored.calendar for stored, _ in found)
            living = [(stored, since) for stored, since in found if stored.calendar not in gone]
            reminders = [each for stored, since in living for each in due(stored, since, now)]
            await agenda.reminders.keep(await _told(agenda, reminders))
            told += [(stored.key, since, next_due(stored.facts, now)) for stored, since in found]
        # Nobody waits for this: it costs more than the telling, of which it keeps none.
        await agenda.objects.reminded(told)
        count += len(told)
    return count


async def remind_again(agenda: Agenda) -> None:
    """Of what was put off."""
    while found := await agenda.reminders.to_tell_again(agenda.now(), AT_ONCE):
        gone = await agenda.emptying.among(each.calendar for each in found)
        for each in found:
            if each.calendar in gone:
                await agenda.reminders.dismiss(each.id)
        for reminder, facts in await _told(agenda, [each for each in found if each.calendar not in gone]):
            await agenda.reminders.told_again(reminder, *facts)


async def _told(agenda: Agenda, reminders: Sequence[Reminder]) -> list[tuple[Reminder, Sequence[Fact]]]:
    owners = sorted({each.owner for each in reminders})
    wishes = await agenda.preferences.of_all(owners) if owners else {}
    told: list[tuple[Reminder, Sequence[Fact]]] = []
    for reminder in reminders:
        wish = wishes[reminder.owner]
        facts = [reminder_due(reminder)]
        if reminder.by_mail or wish.reminders_by_mail:
            facts.append(letter_requested(reminder.owner, *reminder_letter(reminder, ZoneInfo(wish.time_zone))))
        told.append((reminder, facts))
    return told
