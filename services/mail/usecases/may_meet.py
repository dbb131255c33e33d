"""Which messages may meet a criterion, by what the pages of a mailbox say of stored fields."""

from functools import reduce

from services.mail.domain.mailbox import Mailbox
from services.mail.domain.search import And, Criterion, Header, Or, stored
from services.mail.domain.uids import Range, common, merged
from services.mail.usecases.context import Mail
from services.mail.usecases.fetch_rows import holding

# Messages in a mailbox from which on its pages are asked.
WORTH_ASKING = 250


async def may_meet(mail: Mail, box: Mailbox, criterion: Criterion) -> list[Range] | None:
    """UIDs that hold every message which meets it; None: any may, in a small mailbox too."""
    if box.messages < WORTH_ASKING:
        return None
    match criterion:
        case And(criteria):
            named = [ranges for one in criteria if (ranges := await may_meet(mail, box, one)) is not None]
            return reduce(common, named) if named else None
        case Or(criteria):
            either: list[Range] = []
            for one in criteria:
                ranges = await may_meet(mail, box, one)
                if ranges is None:
                    return None
                either += ranges
            return merged(either)
        case Header(name, text) if stored(criterion):
            return await holding(mail, box, name.lower(), text)
        case _:
            return None
