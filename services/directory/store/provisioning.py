"""What provisioners say of an account, as a part of its document."""

from collections.abc import Mapping
from typing import Any

from services.directory.domain.provisioning import Email, Provisioning


def provisioning_kept(given: Provisioning) -> dict[str, Any]:
    """Absent rather than empty."""
    kept: dict[str, Any] = {}
    if given.external_id:
        kept["external_id"] = given.external_id
    if given.emails is not None:
        kept["emails"] = [{"value": e.value, "type": e.type, "primary": e.primary} for e in given.emails]
    return kept


def provisioning_read(document: Mapping[str, Any]) -> Provisioning:
    emails = document.get("emails")
    return Provisioning(
        external_id=document.get("external_id", ""),
        emails=None if emails is None else tuple(Email(e["value"], e["type"], e["primary"]) for e in emails),
    )
