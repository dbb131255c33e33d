"""Who receives for an address: an account, or a function that has a mailbox of its own."""

from chassis.errors import NotFound
from services.directory.domain.accounts import Account
from services.directory.domain.addresses import looked_up
from services.directory.domain.functions import Function
from services.directory.usecases.authority import NO_ACCOUNT
from services.directory.usecases.context import Directory


async def resolve_address(directory: Directory, address: str) -> tuple[Account | Function, list[Account]]:
    """The account that receives, and the others that do: a function may have several holders. One with a mailbox of its
    own receives itself, vacant or not.

    A suspended account still receives. Raises `NotFound`, for what can be no address of ours as well, and for a
    function that is vacant and has nobody to stand in.
    """
    spelling = looked_up(address)
    account = await directory.accounts.by_address(spelling) if spelling else None
    if account is not None:
        return account, []
    function = await directory.functions.of_address(spelling) if spelling else None
    if function is not None and function.own_mailbox:
        return function, []
    standing = function.standing if function is not None else ()
    known = {each.id: each for each in await directory.accounts.among(standing)} if standing else {}
    receiving = [known[each] for each in standing if each in known]
    if not receiving:
        raise NotFound(NO_ACCOUNT)
    return receiving[0], receiving[1:]
