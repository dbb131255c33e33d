"""What administrators are told of a unit whose accounts nearly fill the room that they share: in French and English."""

from dataclasses import dataclass

from services.mail.domain.own_letter import own_letter
from services.mail.domain.quota_letter import Told, filled

_NEAR = (
    "Espace commun presque plein / Shared room nearly full",
    "Les messageries de l'unité « {unit} » occupent {used} sur {allowed}, soit plus de {percent} % de l'espace qu'elles"
    " partagent. Une fois cet espace plein, elles ne recevront plus de messages et n'en enverront plus.",
    'The mailboxes of the unit "{unit}" hold {used} of {allowed}, more than {percent} % of the room that they share.'
    " Once it is full, no letters can be received or sent there.",
)
_FULL = (
    "Espace commun plein / Shared room full",
    "Les messageries de l'unité « {unit} » occupent {used} sur {allowed} : l'espace qu'elles partagent est plein. Les"
    " messages qui leur sont adressés sont retenus par leurs expéditeurs, puis leur seront retournés.",
    'The mailboxes of the unit "{unit}" hold {used} of {allowed}: the room that they share is full. Letters to them are'
    " held back by those who send them, and will go back to them later.",
)
_ADVICE = (
    "Demandez que l'on supprime ce qui n'est plus utile, ou plus d'espace à qui administre l'unité au-dessus.",
    "Have what is no longer needed deleted, or ask whoever administers the unit above for more room.",
)


@dataclass(frozen=True, slots=True)
class PoolTold:
    """What is told, and of which unit, by its name."""

    unit: str
    told: Told


def pool_letter(of: PoolTold, address: str, domain: str) -> bytes:
    """A whole message to the administrator at `address`, from the postmaster of `domain`."""
    subject, french, english = _FULL if of.told.percent >= 100 else _NEAR
    words = [french, _ADVICE[0], english, _ADVICE[1]]
    paragraphs = [filled(paragraph, of.told, french=number < 2, unit=of.unit) for number, paragraph in enumerate(words)]
    return own_letter(subject, address, f"pool.{of.told.id.lower()}@{domain}", of.told.at, paragraphs)
