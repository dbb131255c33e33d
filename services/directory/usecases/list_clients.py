"""The clients that the caller's units answer for, oldest first."""

from services.directory.domain.clients import Client
from services.directory.usecases.authority import caller, unit_to_fill
from services.directory.usecases.client_authority import placed
from services.directory.usecases.context import Directory
from services.directory.usecases.paging import page_size, resume_after, token_after

_READ = 200


async def list_clients(directory: Directory, unit_id: str, size: int, token: str) -> tuple[list[Client], str]:
    """A page of clients and the token of the next one. An administration has some hundreds: they are sifted here."""
    asking = await caller(directory)
    if unit_id:
        await unit_to_fill(directory, asking, unit_id)
    count = page_size(size)
    after = resume_after(token, "clients", unit_id)
    found: list[Client] = []
    tree = await directory.tree.current()
    while len(found) <= count:
        read = await directory.openid.clients.page(after, _READ)
        for client, path in (placed(each, tree) for each in read):
            if asking.administers(path) and (not unit_id or unit_id in path):
                found.append(client)
        if len(read) < _READ:
            break
        after = read[-1].id
    page = found[:count]
    return page, token_after("clients", unit_id, page[-1].id) if len(found) > count else ""
