"""Bring accounts along after the tree has changed: their kept paths, and their addresses where the decree says so.

Runs in the worker, in chunks; each account is one write with its fact, each chunk is noted, so that a worker that dies
is followed by one that goes on. What has followed already is passed over.
"""

from dataclasses import replace
from datetime import timedelta

from chassis.errors import AlreadyExists, InvalidInput
from services.directory.domain.accounts import Account
from services.directory.domain.reorganisation import Reorganisation
from services.directory.usecases import facts
from services.directory.usecases.change_account import TRIES
from services.directory.usecases.context import Directory

CHUNK = 100
# Of one round of the timer, so that a large ministry does not keep the others waiting.
CHUNKS_A_ROUND = 50
_AT_ONCE = 20
EXPIRED_AT_ONCE = 200


async def follow_moves(directory: Directory) -> int:
    """Carry on with what is open; how many accounts were written."""
    written = 0
    await directory.tree.refresh()
    for reorganisation in await directory.moves.opened(_AT_ONCE):
        for _ in range(CHUNKS_A_ROUND):
            before = reorganisation
            reorganisation = await follow_chunk(directory, reorganisation)
            written += reorganisation.accounts - before.accounts
            if not reorganisation.open or not reorganisation.after:
                break
    return written


async def follow_chunk(directory: Directory, reorganisation: Reorganisation) -> Reorganisation:
    """One chunk of one reorganisation, noted when it is done."""
    page = await directory.accounts.kept_below(reorganisation.unit_id, reorganisation.after, CHUNK)
    followed, renamed, kept = 0, 0, []
    for account, in_place in page:
        outcome = await _follow(directory, reorganisation, account, in_place)
        followed += outcome != "same"
        renamed += outcome == "renamed"
        if outcome == "kept":
            kept.append(account.address)
    if page:
        after = page[-1][0].address
        reorganisation = reorganisation.passed(after, followed=followed, renamed=renamed, kept=kept)
    if len(page) < CHUNK:
        reorganisation = reorganisation.finished(directory.clock())
    await directory.moves.save(reorganisation)
    return reorganisation


async def _follow(directory: Directory, move: Reorganisation, account: Account, in_place: bool) -> str:
    """What became of one account: "same", "followed", "renamed", or "kept" its address as another has the new one."""
    kept = False
    for _ in range(TRIES):
        wanted = account if kept else await _readdressed(directory, move, account)
        if in_place and wanted == account:
            return "same"
        after = replace(wanted, version=account.version + 1)
        try:
            if await directory.accounts.replace(after, [facts.changed(after)]):
                return "renamed" if after.address != account.address else "kept" if kept else "followed"
        except AlreadyExists:
            if account.address in move.kept and in_place:
                return "same"
            kept = True
            continue
        found = await directory.accounts.find_with_credential(account.id)
        if found is None:
            return "same"
        account = found
    return "same"


async def _readdressed(directory: Directory, move: Reorganisation, account: Account) -> Account:
    if not move.domain:
        return account
    until = directory.clock() + timedelta(days=move.days)
    tree = await directory.tree.current()
    owners = {domain: unit.id for unit in tree.all() for domain in unit.domains}
    foreign = {domain for domain, owner in owners.items() if owner not in account.unit_path}
    local, _, domain = account.address.rpartition("@")
    try:
        renamed = account if domain == move.domain else account.renamed(f"{local}@{move.domain}", until)
    except InvalidInput:  # so many retired addresses that one more is too many: it keeps this one
        return account
    return renamed.without_foreign(foreign, until)


async def retire_addresses(directory: Directory) -> int:
    """Let go of addresses that have forwarded for long enough; how many accounts had such."""
    now = directory.clock()
    await directory.tree.refresh()
    found = await directory.accounts.retiring(now, EXPIRED_AT_ONCE)
    for account in found:
        after = replace(account.without_expired(now), version=account.version + 1)
        await directory.accounts.replace(after, [facts.changed(after)])
    return len(found)
