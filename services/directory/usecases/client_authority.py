"""Which clients an administrator may see and change: those that its units answer for."""

from dataclasses import replace

from chassis.errors import Forbidden, NotFound
from services.directory.domain.accounts import Account
from services.directory.domain.clients import Client
from services.directory.domain.tree import Tree
from services.directory.usecases.context import Directory

NO_CLIENT = "There is no such client"


async def administered_client(directory: Directory, asking: Account, client_id: str) -> tuple[Client, tuple[str, ...]]:
    """A client and the path of its unit. One of another ministry does not exist (`NotFound`)."""
    client = await directory.openid.clients.find(client_id)
    found, path = placed(client, await directory.tree.current()) if client is not None else (None, ())
    if found is None or not asking.administers(path):
        raise NotFound(NO_CLIENT)
    return found, path


def placed(client: Client, tree: Tree) -> tuple[Client, tuple[str, ...]]:
    """A client and the path of the unit that answers for it now; () is the whole administration's.

    A client names its unit only: where that moves, the client goes along, and to whoever has taken it over.
    """
    path = tree.place((client.unit_id,)) if client.unit_id else ()
    return replace(client, unit_id=path[-1] if path else ""), path


def refuse_beyond(asking: Account, client: Client, before: Client | None = None) -> None:
    """What only the national administrator gives: that people are not asked, and more than the usual quota."""
    if asking.is_national():
        return
    usual = before or Client("", "", client.created_at)
    if client.first_party and not usual.first_party:
        raise Forbidden("That nobody is asked for consent is the national administrator's to say")
    if client.requests_a_minute > usual.requests_a_minute or client.requests_a_day > usual.requests_a_day:
        raise Forbidden("More than the usual quota is the national administrator's to give")
