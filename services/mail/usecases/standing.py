"""Where whoever owns mail stands: an account, or a function by the unit that it is of."""

from services.mail.domain.allotment import Whereabouts
from services.mail.usecases.context import Mail


async def standing(mail: Mail, owner: str) -> Whereabouts:
    """Who is not known stands nowhere, by its id. A function stands under no unit where mail is limited, and under its
    own where somebody answers for it: its policies, its auditors."""
    found = await mail.people.whereabouts(owner)
    if found is not None and not found.of_function:
        return found
    function = await mail.store.functions.get(owner)
    if function is not None:
        return Whereabouts(function.address, function.unit_path, of_function=True, holders=function.standing)
    return found or Whereabouts(owner)
