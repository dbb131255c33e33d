"""The second factor in a request, as `ConfirmSession` and `ConfirmReset` take it."""

from typing import Any

from services.directory.domain.factors import PASSKEY, RECOVERY_CODE, TOTP
from services.directory.usecases.second_factor import Second

_METHODS = {"code": TOTP, "recovery_code": RECOVERY_CODE, "passkey": PASSKEY}


def second_of(request: Any) -> Second:
    """Its method is empty where none of them was given."""
    field = request.WhichOneof("factor") or ""
    return Second(_METHODS.get(field, ""), getattr(request, field, ""), request.state)
