"""MatterAuditService."""

import base64
import binascii
from collections.abc import AsyncIterator
from typing import Any

from google.api.httpbody_pb2 import HttpBody
from workspace.mail.v1 import auditing_pb2 as pb
from workspace.mail.v1 import auditing_pb2_grpc

from chassis.errors import InvalidInput, NotFound
from chassis.identity import current_identity
from chassis.rpc.downloads import announce, bodies, check_range
from services.mail.api.browsing import day
from services.mail.api.convert import people, timestamp
from services.mail.api.matters import LONGEST_LIST
from services.mail.api.pages import page_after, page_size
from services.mail.api.positions import not_a_page
from services.mail.domain.search import And, Criterion, Received, Text, Written
from services.mail.usecases import Mail, open_source
from services.mail.usecases.audit_matter import (
    Asked,
    At,
    Exhibit,
    Place,
    audited_matters,
    custodians,
    open_exhibit,
    search_matter,
)

PAGE, LARGEST_PAGE = 50, 100
# Of a condition, as it stands in the audit log.
LONGEST_CONDITION = 500
_CONDITIONS = ("text", "from", "to", "subject", "since", "before", "mailbox")


class MatterAuditApi(auditing_pb2_grpc.MatterAuditServiceServicer):
    """The mail that the caller looks into for a matter. What it may not look into is not there."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def ListAuditedMatters(
        self, request: pb.ListAuditedMattersRequest, context: Any
    ) -> pb.ListAuditedMattersResponse:
        size, after = page_size(request.page_size, LONGEST_LIST, LONGEST_LIST), page_after(request.page_token)
        found, following = await audited_matters(self._mail, current_identity(), after, size)
        return pb.ListAuditedMattersResponse(
            matters=[
                pb.AuditedMatter(
                    id=each.id,
                    reason=each.reason,
                    about=each.name,
                    opened_at=timestamp(each.opened_at),
                    until=timestamp(each.until),
                )
                for each in found
            ],
            next_page_token=following,
        )

    async def ListCustodians(self, request: pb.ListCustodiansRequest, context: Any) -> pb.ListCustodiansResponse:
        size, after = page_size(request.page_size, LONGEST_LIST, LONGEST_LIST), page_after(request.page_token)
        found = await custodians(self._mail, current_identity(), request.matter_id, after, size + 1)
        return pb.ListCustodiansResponse(
            custodians=[pb.Custodian(account_id=owner, address=address) for owner, address in found[:size]],
            next_page_token=found[size - 1][0] if len(found) > size else "",
        )

    async def SearchMatter(self, request: pb.SearchMatterRequest, context: Any) -> pb.SearchMatterResponse:
        asked, at = _asked(request), _at(request.page_token)
        count = page_size(request.page_size, PAGE, LARGEST_PAGE)
        found, following = await search_matter(self._mail, current_identity(), request.matter_id, asked, count, at)
        return pb.SearchMatterResponse(messages=map(_exhibit, found), next_page_token=_token(following))

    async def GetMatterMessageSource(
        self, request: pb.GetMatterMessageSourceRequest, context: Any
    ) -> AsyncIterator[HttpBody]:
        length = check_range(request.offset, request.length)
        owner, place, own_id = _meant(request.id)
        source = await open_exhibit(self._mail, current_identity(), request.matter_id, owner, place, own_id)
        await announce(context, octets=source.size, etag=request.id, filename=f"{request.id}.eml")
        pieces = open_source(self._mail, source, offset=request.offset, length=length)
        async for body in bodies("message/rfc822", pieces):
            yield body


def _asked(request: pb.SearchMatterRequest) -> Asked:
    told = {name: given for name in _CONDITIONS if (given := getattr(request, name))}
    if wrong := {name: "is too long" for name, given in told.items() if len(given) > LONGEST_CONDITION}:
        raise InvalidInput("Not a condition", fields=wrong)
    criteria: list[Criterion] = []
    if "from" in told:
        criteria.append(Written(("from",), told["from"]))
    if "to" in told:
        criteria.append(Written(("to", "cc", "bcc"), told["to"]))
    if "subject" in told:
        criteria.append(Written(("subject",), told["subject"]))
    if "since" in told or "before" in told:
        criteria.append(Received(day("since", request.since), day("before", request.before)))
    if "text" in told:
        criteria.append(Text(told["text"]))
    return Asked(request.custodian, request.mailbox, And(tuple(criteria)), told)


def _token(at: At | None) -> str:
    """Opaque to clients; empty after the last page."""
    if at is None:
        return ""
    return base64.urlsafe_b64encode(" ".join(at).encode()).decode("ascii").rstrip("=")


def _at(token: str) -> At | None:
    """Raises `InvalidInput` for one of nobody's making. Whom it names is judged as whoever is named otherwise."""
    if not token:
        return None
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        owner, place, mailbox_id, after = base64.b64decode(padded, altchars=b"-_", validate=True).decode().split(" ")
        at = At(owner, Place(place), mailbox_id, after)
        if at.place is Place.LIVING and after:
            numbered = after.isascii() and after.isdecimal() and len(after) <= 10
        else:
            numbered = not after or after.isalnum()
        if owner.isalnum() and numbered:
            return at
    except (binascii.Error, UnicodeError, ValueError):
        pass
    raise not_a_page()


def _meant(given: str) -> tuple[str, Place, str]:
    """Raises `NotFound` for what is no id of a message."""
    owner, _, rest = given.partition(".")
    place, _, own_id = rest.partition(".")
    if place not in list(Place) or not owner or not own_id:
        raise NotFound("No such message")
    return owner, Place(place), own_id


def _exhibit(found: Exhibit) -> pb.MatterMessage:
    message = found.message
    answer = pb.MatterMessage(
        id=f"{found.owner}.{found.place}.{found.id}",
        custodian=found.owner,
        mailbox=found.mailbox,
        kept_because=found.why,
        kept_at=timestamp(found.at),
        subject=message.subject,
        to=people(message.to),
        cc=people(message.cc),
        bcc=people(message.bcc),
        date=timestamp(message.date),
        received_at=timestamp(message.internal_date),
        size=message.size,
        rfc_message_id=message.rfc_message_id,
    )
    getattr(answer, "from").extend(people(message.from_))  # a keyword in Python
    return answer
