"""What mail keeps of a person: told on lawful request, or erased."""

import json
from typing import Any

from chassis.errors import Unavailable
from chassis.people import People
from services.mail.domain.allotment import Holder
from services.mail.domain.rights import letters
from services.mail.store.rules import kept_rules
from services.mail.usecases.context import Mail
from services.mail.usecases.custody import custody_of
from services.mail.usecases.erase_account import answer_erasure, erase_account
from services.mail.usecases.facts import personal_data_exported
from services.mail.usecases.limit_sending import tally_of
from services.mail.usecases.limits import allotment_of
from services.mail.usecases.quota import usage_of
from services.mail.usecases.retention import given_to
from services.mail.usecases.share_mailbox import grants_of
from services.mail.usecases.shared_mailboxes import shared_mailboxes
from services.mail.usecases.write_as import may_write_as


async def export_personal_data(mail: Mail, request_id: str, owner: str) -> None:
    """Answer with what mail keeps of an account. The messages are their owner's to take by any mail program: of them it
    is told how many there are."""
    boxes = await mail.store.mailboxes.of(owner)
    told = [
        {
            "name": box.name,
            "messages": box.messages,
            "unseen": box.unseen,
            "octets": box.size,
            "shared_with": {grant.address: letters(grant.rights) for grant in await grants_of(mail, box)},
        }
        for box in sorted(boxes, key=lambda box: box.name)
    ]
    others = {each.box.name: letters(each.rights) for each in await shared_mailboxes(mail, owner)}
    given = await mail.store.delegations.by(owner)
    names = {name.address: name.capacity.value for name in await may_write_as(mail, owner)}
    scripts = await mail.store.scripts.of(owner)
    written = [
        {"name": name, "active": name == scripts.active, "script": source.decode("utf-8", "replace")}
        for name, source in sorted(scripts.sources.items())
    ]
    kept = await mail.store.identities.of(owner)
    signed = [
        {"address": each.address, "name": each.name, "signature": each.signature_text or each.signature_html}
        for each in kept.identities.values()
    ]
    noted = {
        place: {name: value.decode("utf-8", "replace") for name, value in entries.items()}
        for place, entries in (await mail.store.annotations.by(owner)).items()
    }
    found = {
        "mailboxes": told,
        "deleted_messages": await mail.store.recoverable.count(owner),
        "mailboxes_of_others": others,
        "scripts": written,
        "rules": kept_rules(scripts.rules),
        "identities": signed,
        "annotations": noted,
        "writes_in_the_name_of": names,
        "write_in_its_name": sorted((await mail.people.addresses([each.delegate for each in given])).values()),
        "told_of_junk": await mail.store.digests.wanted(owner),
        "receipts_wanted": await _receipts_wanted(mail, owner),
        "receipts_received": await _receipts_received(mail, owner),
        **await _on_its_way(mail, owner),
        **await _counted(mail, owner),
    }
    document = json.dumps(found, ensure_ascii=False, indent=1)
    await mail.store.notices.tell([personal_data_exported(request_id, owner, document)])


async def _receipts_received(mail: Mail, owner: str) -> list[dict[str, Any]]:
    """Who said that letters of the account's were read."""
    return [
        {"letter": letter, "by": each.by, "at": each.at.isoformat(), "disposition": each.disposition}
        for letter, receipts in (await mail.store.asked_receipts.by(owner)).items()
        for each in receipts
    ]


async def _receipts_wanted(mail: Mail, owner: str) -> dict[str, str]:
    """What the account wants to become of receipts, where it said so."""
    (wanted,) = await mail.store.receipt_policies.among([(Holder.ACCOUNT, owner)])
    said = {"inside": wanted.inside, "outside": wanted.outside}
    return {name: manner.name.lower() for name, manner in said.items() if manner is not None}


async def _on_its_way(mail: Mail, owner: str) -> dict[str, Any]:
    """What is to leave, to become a draft, and what came from elsewhere."""
    files, octets = await mail.store.uploads.announced(owner)
    return {
        "messages_to_leave": [
            {
                "subject": held.subject,
                "to": [*(who.address for who in held.accepted.local), *held.accepted.foreign],
                "leaves_at": held.release_at.isoformat(),
            }
            for held in await mail.store.held.of(owner)
        ],
        "messages_to_be_approved": [
            {
                "subject": each.held.subject,
                "to": [*(who.address for who in each.held.accepted.local), *each.held.accepted.foreign],
                "waits_until": each.expires.isoformat(),
            }
            for each in await mail.store.awaiting.of(owner)
        ],
        "messages_to_be_moderated": [
            {"subject": each.letter.subject, "list": each.address, "waits_until": each.expires.isoformat()}
            for each in await mail.store.moderated.of(owner)
        ],
        "messages_to_lists": [
            {"subject": each.subject, "list": await _list_name(mail, each.list_id), "sent_at": each.at.isoformat()}
            for each in await mail.store.list_letters.of(owner)
        ],
        "files_on_their_way": {"files": files, "octets": octets},
        "imports": [
            {"from": each.source, "begun_at": each.begun_at.isoformat(), "messages": each.messages}
            for each in await mail.store.imports.of(owner)
        ],
    }


async def _list_name(mail: Mail, list_id: str) -> str:
    group = await mail.store.groups.list_by_id(list_id)
    return group.address if group is not None else list_id


async def _counted(mail: Mail, owner: str) -> dict[str, Any]:
    """What the account was given, and how much of it is used."""
    usage, tally = (await usage_of(mail, owner)).usage, await tally_of(mail, owner)
    return {
        "kept": {"octets": usage.octets, "messages": usage.messages},
        "given": dict((await allotment_of(mail, Holder.ACCOUNT, owner)).fields),
        "kept_for_days": dict((await given_to(mail, Holder.ACCOUNT, owner)).fields),
        "written_to": {"this_hour": tally.all_hour, "elsewhere_today": tally.foreign_day},
    }


async def erase_personal_data(mail: Mail, people: People, request_id: str, owner: str) -> None:
    """Erase the account's mail, and answer with how much that was. Repeatable. What matters need, or has to be kept for
    a time, is erased, and answered for, when that is over.

    Raises `Unavailable` until mail has heard that the account is gone.
    """
    kept_until = await mail.store.erasures.kept_until(owner)
    if kept_until is None or await people.by_id(owner) is not None:
        raise Unavailable("The account is not known to be deleted yet")
    await mail.store.erasures.wait(owner, request_id)
    if kept_until <= mail.now() and not (await custody_of(mail, owner)).matters:
        await erase_account(mail, owner)
        await answer_erasure(mail, owner)
