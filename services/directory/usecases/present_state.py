"""The present state as the facts that would make it, page by page, for services that start to listen later.

Each carries the version of what it tells: a projection that knows better keeps what it knows.
"""

from services.directory.usecases import facts
from services.directory.usecases.appointing import path_of as path_of_function
from services.directory.usecases.context import Directory
from services.directory.usecases.facts import Fact
from services.directory.usecases.mail_domains import path_of as path_of_domain
from services.directory.usecases.seeing_groups import path_of


async def accounts_page(directory: Directory, after: str, count: int) -> tuple[list[Fact], str]:
    """Accounts whose address follows `after`, and the address to go on from; empty at the end."""
    page = await directory.accounts.page(None, after, count)
    return [facts.created(account) for account in page], page[-1].address if len(page) == count else ""


async def departures_page(directory: Directory, after: str, count: int) -> tuple[list[Fact], str]:
    """Who has the mailboxes of those among these accounts who left, and whom somebody succeeds."""
    page = await directory.accounts.page(None, after, count)
    told = [
        facts.handed_over(account, account.departure.successor_id)
        for account in page
        if account.departure is not None and account.departure.successor_id
    ]
    return told, page[-1].address if len(page) == count else ""


async def units_page(directory: Directory, after: str, count: int) -> tuple[list[Fact], str]:
    """The same of units, by id."""
    page = await directory.units.by_id(after, count)
    return [facts.unit_created(unit) for unit in page], page[-1].id if len(page) == count else ""


async def groups_page(directory: Directory, after: str, count: int) -> tuple[list[Fact], str]:
    """The same of groups, by id."""
    page = await directory.groups.by_id(after, count)
    told = [facts.group_changed(group, await path_of(directory, group)) for group in page]
    return told, page[-1].id if len(page) == count else ""


async def functions_page(directory: Directory, after: str, count: int) -> tuple[list[Fact], str]:
    """The same of functions, by address."""
    page = await directory.functions.page(None, after, count)
    told = [facts.function_assigned(function, await path_of_function(directory, function)) for function in page]
    return told, page[-1].address if len(page) == count else ""


async def domains_page(directory: Directory, after: str, count: int) -> tuple[list[Fact], str]:
    """The same of mail domains, by name."""
    page = await directory.domains.page(after, count)
    told = [facts.domain_changed(domain, await path_of_domain(directory, domain)) for domain in page]
    return told, page[-1].name if len(page) == count else ""
