"""ReceiptService and ReceiptPolicyService."""

from collections.abc import Sequence
from typing import Any

from workspace.mail.v1 import receipts_pb2 as pb
from workspace.mail.v1 import receipts_pb2_grpc

from chassis.errors import InvalidInput
from chassis.identity import current_identity
from services.mail.api.ids import meant
from services.mail.api.masks import check_mask
from services.mail.api.units import Units, administered
from services.mail.domain.allotment import Whereabouts
from services.mail.domain.receipt_policy import Given, Manner, Manners
from services.mail.domain.receipts import State, Wanted
from services.mail.usecases import Mail
from services.mail.usecases.receipt_policies import given_to, manners_in, put_policy, want_receipts, wishes_of
from services.mail.usecases.receipts import answer_receipt, read_receipt

_STATES = {
    State.NOT_ASKED: pb.Receipt.STATE_UNSPECIFIED,
    State.OPEN: pb.Receipt.STATE_OPEN,
    State.ANSWERED: pb.Receipt.STATE_ANSWERED,
    State.NOT_ALLOWED: pb.Receipt.STATE_NOT_ALLOWED,
}
_MANNERS = {None: pb.RECEIPT_MANNER_UNSPECIFIED} | {
    each: pb.ReceiptManner.Value(f"RECEIPT_MANNER_{each.name}") for each in Manner
}
_MEANT = {value: manner for manner, value in _MANNERS.items()}
_WISHES = ("inside", "outside")


class ReceiptApi(receipts_pb2_grpc.ReceiptServiceServicer):
    """What readers say to who asks whether a letter was read."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail

    async def GetReceipt(self, request: pb.GetReceiptRequest, context: Any) -> pb.Receipt:
        return _told(await read_receipt(self._mail, current_identity().account_id, *meant(request.id)))

    async def AnswerReceipt(self, request: pb.AnswerReceiptRequest, context: Any) -> pb.Receipt:
        actor, which = current_identity().account_id, meant(request.id)
        answered = await answer_receipt(self._mail, actor, *which, decline=request.decline, confirmed=request.confirmed)
        return _told(answered)


class ReceiptPolicyApi(receipts_pb2_grpc.ReceiptPolicyServiceServicer):
    """Whether receipts are sent. A unit that somebody does not administer is not there for them."""

    def __init__(self, mail: Mail, units: Units) -> None:
        self._mail = mail
        self._units = units

    async def GetReceiptPolicy(self, request: pb.GetReceiptPolicyRequest, context: Any) -> pb.ReceiptPolicy:
        return await self._of(request.unit_id, await administered(self._units, request.unit_id))

    async def SetReceiptPolicy(self, request: pb.SetReceiptPolicyRequest, context: Any) -> pb.ReceiptPolicy:
        stands = await administered(self._units, request.unit_id)
        await put_policy(self._mail, request.unit_id, stands, Given(**_manners(request.given, "given")))
        return await self._of(request.unit_id, stands)

    async def GetReceiptSettings(self, request: pb.GetReceiptSettingsRequest, context: Any) -> pb.ReceiptSettings:
        return await self._settings()

    async def UpdateReceiptSettings(self, request: pb.UpdateReceiptSettingsRequest, context: Any) -> pb.ReceiptSettings:
        check_mask(request.update_mask, _WISHES)
        wanted = _manners(request.settings, "settings", request.update_mask.paths or _WISHES)
        await want_receipts(self._mail, current_identity().account_id, **wanted)
        return await self._settings()

    async def _of(self, unit_id: str, stands: Whereabouts) -> pb.ReceiptPolicy:
        given, holds = await given_to(self._mail, unit_id), await manners_in(self._mail, stands.unit_path)
        return pb.ReceiptPolicy(unit_id=unit_id, name=stands.name, given=_shown(given), holds=_shown(holds))

    async def _settings(self) -> pb.ReceiptSettings:
        wanted, let = await wishes_of(self._mail, current_identity().account_id)
        return pb.ReceiptSettings(inside=_MANNERS[wanted.inside], outside=_MANNERS[wanted.outside], let=_shown(let))


def _told(asked: Wanted) -> pb.Receipt:
    return pb.Receipt(
        state=_STATES[asked.state], to=asked.to, needs_confirmation=asked.confirm, sent_when_read=asked.by_itself
    )


def _shown(found: Given | Manners) -> pb.ReceiptManners:
    return pb.ReceiptManners(inside=_MANNERS[found.inside], outside=_MANNERS[found.outside])


def _manners(said: Any, of: str, named: Sequence[str] = _WISHES) -> dict[str, Manner | None]:
    """What is said of what is `named`. Raises `InvalidInput`."""
    wrong = {f"{of}.{name}": "is not known" for name in named if getattr(said, name) not in _MEANT}
    if wrong:
        raise InvalidInput("Not what may become of a receipt", fields=wrong)
    return {name: _MEANT[getattr(said, name)] for name in named}
