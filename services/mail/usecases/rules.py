"""The simple rules of an account, and the Sieve script that they become."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chassis.errors import Conflict
from services.mail.domain.rules import Rules, sound
from services.mail.domain.rules_script import sieve_of
from services.mail.domain.scripts import MANAGED, Scripts
from services.mail.usecases.context import Mail
from services.mail.usecases.scripts import change_scripts


async def get_rules(mail: Mail, owner: str) -> Scripts:
    """The rules, with which script is active."""
    return await mail.store.scripts.of(owner)


async def put_rules(mail: Mail, owner: str, rules: Rules, *, replace_active: bool = False) -> Scripts:
    """Put these in place of those that are there, if these are of that version still (0: whatever it is), and make
    their script the active one.

    Raises `InvalidInput`; `Conflict` when they were changed meanwhile; `OwnScriptActive` when a script of the account's
    own is active and may not be replaced; `Forbidden` for what forwards where it must not.
    """
    wanted = sound(rules)
    source = sieve_of(wanted, mail.domains.names)

    def change(seen: Scripts) -> Scripts:
        if rules.version not in {0, seen.rules.version}:
            raise Conflict("The rules were changed meanwhile")
        return seen.with_rules(wanted, source, replace_active=replace_active)

    return await change_scripts(mail, owner, change)


async def follow_renaming(mail: Mail, owner: str, names: Mapping[str, str], *, session: Any) -> None:
    """Mailboxes have got other names, new ones by old ones: rules mean the same ones as before. In the transaction that
    renames. Raises `Conflict` when the rules are changed at the same time."""
    seen = await mail.store.scripts.of(owner, session=session)
    renamed = seen.rules.renamed(names)
    if renamed == seen.rules:
        return
    kept = seen.put(MANAGED, sieve_of(renamed, mail.domains.names))
    rules = replace(renamed, version=renamed.version + 1)
    if await mail.store.scripts.keep(owner, seen, replace(kept, rules=rules), session=session) is None:
        raise Conflict("The rules were changed meanwhile")
