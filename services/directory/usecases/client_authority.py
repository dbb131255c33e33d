"""Which clients an administrator may see and change: those that its units answer for."""

from chassis.errors import Forbidden, NotFound
from services.directory.domain.accounts import Account
from services.directory.domain.clients import Client
from services.directory.usecases.context import Directory

NO_CLIENT = "There is no such client"


async def administered_client(directory: Directory, asking: Account, client_id: str) -> tuple[Client, tuple[str, ...]]:
    """A client and the path of its unit. One of another ministry does not exist (`NotFound`)."""
    client = await directory.openid.clients.find(client_id)
    path = await path_of(directory, client) if client is not None else ()
    if client is None or not asking.administers(path):
        raise NotFound(NO_CLIENT)
    return client, path


async def path_of(directory: Directory, client: Client) -> tuple[str, ...]:
    """Where the unit stands now that answers for a client; () for the whole administration, and when it is gone.

    A client names its unit only: where that moves, the client goes along.
    """
    if not client.unit_id:
        return ()
    unit = await directory.units.find(client.unit_id)
    return unit.path if unit is not None else ()


def refuse_beyond(asking: Account, client: Client, before: Client | None = None) -> None:
    """What only the national administrator gives: that people are not asked, and more than the usual quota."""
    if asking.is_national():
        return
    usual = before or Client("", "", client.created_at)
    if client.first_party and not usual.first_party:
        raise Forbidden("That nobody is asked for consent is the national administrator's to say")
    if client.requests_a_minute > usual.requests_a_minute or client.requests_a_day > usual.requests_a_day:
        raise Forbidden("More than the usual quota is the national administrator's to give")
