"""Ask for a letter that replaces a lost password; and write it, where there is somebody to write it to.

Asking writes one sealed note, whatever the address: what is done then, the worker does later. So neither the answer nor
its time depends on whether the address is anybody's.
"""

import structlog

from services.directory.domain.accounts import PERSON, Account
from services.directory.domain.letters import MOST_RESETS, RESET, Asked
from services.directory.domain.one_time import BY_MAIL, MAILED_RESET
from services.directory.domain.recovery import is_own
from services.directory.usecases import facts
from services.directory.usecases.authenticate import of_spelling
from services.directory.usecases.context import Directory
from services.directory.usecases.one_time_codes import made
from services.directory.usecases.private_addresses import recovery_addresses
from services.directory.usecases.send_letters import letter_of_today, letter_to

log = structlog.get_logger(__name__)
_PURPOSE = "reset-asked"
_LONGEST = 320


async def start_reset(directory: Directory, address: str) -> None:
    """Raises nothing: what is no address at all is noted as well."""
    typed = address.strip().lower()[:_LONGEST]
    own = directory.sealer.proofs(_PURPOSE, typed)[0].hex()
    sealed = directory.sealer.seal(typed, _PURPOSE, own)
    await directory.mailing.asked.put(Asked(own, sealed, directory.clock() + BY_MAIL))


async def answer_resets(directory: Directory) -> None:
    """Look at what was asked for, and write to those who can be written to."""
    while some := await directory.mailing.asked.some(directory.clock()):
        for asked in some:
            account = await of_spelling(directory, directory.sealer.open(asked.sealed, _PURPOSE, asked.id))
            if account is not None:
                await _write(directory, account)
            await directory.mailing.asked.done(asked)


async def _write(directory: Directory, account: Account) -> None:
    """A letter to the recovery address of an account that has one and may log in, so many a day."""
    to, _ = recovery_addresses(directory, await directory.factors.find(account.id))
    # An alias may have become the account's own since.
    if not to or is_own(to, account) or account.suspended or account.kind != PERSON or account.credential is None:
        return
    number = await letter_of_today(directory, f"reset.{account.id}", MOST_RESETS)
    if number is None:
        log.info("reset_letters_used_up", account=account.id)
        return
    kept, code = made(directory, account, MAILED_RESET, BY_MAIL, number)
    said = {"code": code, "link": f"{directory.mailing.public_url}/login/reset?code={code}"}
    letter = letter_to(directory, account, to, RESET, BY_MAIL, said)
    recorded = facts.recorded_of("send_reset_letter", account, actor=account)
    await directory.one_time.put_with_letter(kept, [recorded], letter)
