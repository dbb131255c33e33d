"""Which of a person's groups a client is told (the claim `groups`).

Those that an agent of the unit which answers for the client sees: its ministry's and the whole administration's. In
which groups of other ministries the person is, is theirs to know. The whole administration's clients are told all.
"""

from collections.abc import Sequence

from services.directory.domain.accounts import Account
from services.directory.domain.clients import Client
from services.directory.domain.groups import Group
from services.directory.usecases.context import Directory
from services.directory.usecases.list_groups import groups_of

# More would make tokens and answers that clients refuse.
MOST = 500


async def groups_for_client(directory: Directory, client: Client, account: Account) -> list[tuple[list[str], str]]:
    """For each group the names of its unit's path and its own, by name."""
    tree = await directory.tree.current()
    ministry = tree.place((client.unit_id,))[:1] if client.unit_id else ()

    def told(path: Sequence[str]) -> bool:
        return not client.unit_id or not path or tuple(path[:1]) == ministry

    found: list[tuple[Group, Sequence[str]]] = []
    for group in await groups_of(directory, account):
        path = tree.place((group.unit_id,)) if group.unit_id else ()
        if told(path):
            found.append((group, path))
    known = sorted({unit for _, path in found for unit in path})
    names = {unit.id: unit.name for unit in await directory.units.named(known)} if known else {}
    return [([names.get(unit, unit) for unit in path], group.name) for group, path in found[:MOST]]
