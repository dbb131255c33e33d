"""The simple rules of an account, and the Sieve script that they become."""

from chassis.errors import Conflict
from services.mail.domain.rules import Rules, sound
from services.mail.domain.rules_script import sieve_of
from services.mail.domain.scripts import Scripts
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
