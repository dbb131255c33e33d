"""What a provisioner says of an account beside what the account is: its own name of it, its labels of addresses."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.errors import InvalidInput
from services.directory.domain import text
from services.directory.domain.addresses import normalised

MAX_EXTERNAL_ID = 200
MAX_TYPE = 40
WORK, OTHER = "work", "other"


@dataclass(frozen=True)
class Email:
    """An address as a provisioner labels it (RFC 7643 §4.1.2)."""

    value: str
    type: str = ""
    primary: bool | None = None


@dataclass(frozen=True)
class Provisioning:
    """`emails` is None where no provisioner has said which addresses it knows."""

    external_id: str = ""
    emails: tuple[Email, ...] | None = None


UNSAID = Provisioning()


def external_id(given: str) -> str:
    """Kept as it is but for its ends. Raises `InvalidInput`."""
    if len(given) > MAX_EXTERNAL_ID or not given.isprintable():
        raise InvalidInput("Not an external id", fields={"external_id": f"printable, at most {MAX_EXTERNAL_ID}"})
    return given.strip()


def labelled(given: Sequence[Email]) -> tuple[Email, ...]:
    """Labels in their proper form, one for each address. Raises `InvalidInput`."""
    if sum(bool(email.primary) for email in given) > 1:
        raise InvalidInput("One address is the primary one", fields={"emails": "more than one primary"})
    each: dict[str, Email] = {}
    for email in given:
        value = normalised(email.value, "emails")
        label = text.optional(email.type, "emails")[:MAX_TYPE]
        each.setdefault(value, Email(value, label, email.primary))
    return tuple(each.values())


def shown(address: str, aliases: Sequence[str], emails: Sequence[Email] | None) -> list[Email]:
    """The addresses of an account as its provisioner knows them; aliases that came by another door are added."""
    if emails is None:
        return [Email(address, WORK, primary=True), *(Email(alias, OTHER) for alias in aliases)]
    known = {email.value for email in emails}
    held = [email for email in emails if email.value == address or email.value in aliases]
    return held + [Email(alias, OTHER) for alias in aliases if alias not in known]
