"""ListPolicyService and ModerationService."""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from google.api.httpbody_pb2 import HttpBody
from workspace.mail.v1 import lists_pb2 as pb
from workspace.mail.v1 import lists_pb2_grpc

from chassis.errors import NotFound
from chassis.identity import current_identity
from chassis.rpc.downloads import announce, bodies, check_range
from services.mail.api.pages import page_size
from services.mail.api.units import Units, administered
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.lists import Group
from services.mail.domain.moderation import CLOSED, NOBODY
from services.mail.store.moderated import Waiting
from services.mail.usecases import Mail
from services.mail.usecases.deciders import named_addresses
from services.mail.usecases.list_policies import find_list, policy_of, put_policy
from services.mail.usecases.moderate import (
    accept,
    discard,
    find_moderated,
    list_moderated,
    read_moderated,
    reject,
    withdraw,
)

PAGE, LONGEST_PAGE = 50, 500


class ListPolicyApi(lists_pb2_grpc.ListPolicyServiceServicer):
    """Who moderates lists. A list whose unit somebody does not administer is not there for them."""

    def __init__(self, mail: Mail, units: Units) -> None:
        self._mail = mail
        self._units = units

    async def GetListPolicy(self, request: pb.GetListPolicyRequest, context: Any) -> pb.ListPolicy:
        group, _ = await self._administered(request.list_id)
        return await self._of(group)

    async def SetListPolicy(self, request: pb.SetListPolicyRequest, context: Any) -> pb.ListPolicy:
        group, stands = await self._administered(request.list_id)
        given = request.given
        await put_policy(
            self._mail, group, stands, given.moderators, given.moderated or NOBODY, given.outside or CLOSED
        )
        return await self._of(group)

    async def _administered(self, list_id: str) -> tuple[Group, Whereabouts]:
        """What has no unit is the national administrator's."""
        group = await find_list(self._mail, list_id)
        if not group.unit_id and current_identity().administers(()):
            return group, Whereabouts("", ())
        with suppress(NotFound):
            return group, await administered(self._units, group.unit_id)
        raise NotFound("No such list")

    async def _of(self, group: Group) -> pb.ListPolicy:
        policy = await policy_of(self._mail, group)
        moderators = await named_addresses(self._mail, policy.moderators)
        given = pb.ListPolicyGiven(moderators=moderators, moderated=policy.moderated, outside=policy.outside)
        return pb.ListPolicy(list_id=group.id, address=group.address, writers=group.writers, given=given)


class ModerationApi(lists_pb2_grpc.ModerationServiceServicer):
    """What waits for the caller as a moderator, and what the caller sent. A letter that waits for others is not
    there."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def ListModeratedLetters(
        self, request: pb.ListModeratedLettersRequest, context: Any
    ) -> pb.ListModeratedLettersResponse:
        count = page_size(request.page_size, PAGE, LONGEST_PAGE)
        found = await list_moderated(self._mail, current_identity().account_id, request.page_token, count + 1)
        following = found[count - 1].id if len(found) > count else ""
        return pb.ListModeratedLettersResponse(letters=map(_letter, found[:count]), next_page_token=following)

    async def GetModeratedLetter(self, request: pb.GetModeratedLetterRequest, context: Any) -> pb.ModeratedLetter:
        return _letter(await find_moderated(self._mail, current_identity().account_id, request.id))

    async def GetModeratedLetterSource(
        self, request: pb.GetModeratedLetterSourceRequest, context: Any
    ) -> AsyncIterator[HttpBody]:
        length = check_range(request.offset, request.length)
        waiting = await find_moderated(self._mail, current_identity().account_id, request.id)
        pieces = await read_moderated(self._mail, waiting, offset=request.offset, length=length)
        await announce(context, octets=waiting.size, etag=waiting.id, filename=f"{waiting.id}.eml")
        async for body in bodies("message/rfc822", pieces):
            yield body

    async def AcceptModeratedLetter(
        self, request: pb.AcceptModeratedLetterRequest, context: Any
    ) -> pb.ModerationDecision:
        await accept(self._mail, current_identity(), request.id)
        return pb.ModerationDecision(id=request.id)

    async def RejectModeratedLetter(
        self, request: pb.RejectModeratedLetterRequest, context: Any
    ) -> pb.ModerationDecision:
        await reject(self._mail, current_identity(), request.id, request.reason)
        return pb.ModerationDecision(id=request.id)

    async def DiscardModeratedLetter(
        self, request: pb.DiscardModeratedLetterRequest, context: Any
    ) -> pb.ModerationDecision:
        await discard(self._mail, current_identity(), request.id)
        return pb.ModerationDecision(id=request.id)

    async def ListOwnModeratedLetters(
        self, request: pb.ListOwnModeratedLettersRequest, context: Any
    ) -> pb.ListOwnModeratedLettersResponse:
        found = await self._mail.store.moderated.of(current_identity().account_id)
        return pb.ListOwnModeratedLettersResponse(letters=map(_letter, found))

    async def WithdrawModeratedLetter(
        self, request: pb.WithdrawModeratedLetterRequest, context: Any
    ) -> pb.ModerationDecision:
        await withdraw(self._mail, current_identity().account_id, request.id)
        return pb.ModerationDecision(id=request.id)


def _letter(waiting: Waiting) -> pb.ModeratedLetter:
    answer = pb.ModeratedLetter(
        id=waiting.id,
        list_id=waiting.list_id,
        list_address=waiting.address,
        sender=waiting.letter.sender,
        subject=waiting.letter.subject,
        size=waiting.size,
        from_outside=waiting.letter.from_outside,
        why=waiting.why.value,
        authentication=_unfolded(waiting.letter.found.results) if waiting.letter.found is not None else "",
    )
    answer.received_at.FromDatetime(waiting.letter.at)
    answer.expires_at.FromDatetime(waiting.expires)
    return answer


def _unfolded(results: bytes) -> str:
    return " ".join(results.decode("ascii", "replace").split())
