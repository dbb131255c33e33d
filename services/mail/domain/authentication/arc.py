"""ARC (RFC 8617): whether the chain of those who forwarded a message holds."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.mail.domain.authentication import signatures
from services.mail.domain.authentication.dkim import Bodies, Texts, usable_key
from services.mail.domain.authentication.fields import Field
from services.mail.domain.authentication.signatures import Signature
from services.mail.domain.authentication.tags import BadTags
from services.mail.domain.authentication.verdicts import Arc, Result

RESULTS = b"arc-authentication-results"
# RFC 8617 §4.2.1 allows 50; no honest letter has come through a fifth of that.
MOST = 20


@dataclass(frozen=True, slots=True)
class Set:
    """What one forwarder added."""

    results: Field
    message: Signature
    seal: Signature

    @property
    def fields(self) -> tuple[Field, Field, Field]:
        """In the order in which seals cover them."""
        return self.results, self.message.field, self.seal.field


class Broken(BadTags):
    """The chain does not hold, whatever its signatures say."""


def sets_of(fields: Sequence[Field]) -> list[Set]:
    """The sets from the first to the last; none without ARC. Raises `BadTags`."""
    parts: dict[int, dict[bytes, Field | Signature]] = {}
    for field in fields:
        if field.key not in (RESULTS, signatures.MESSAGE, signatures.SEAL):
            continue
        part: Field | Signature = field if field.key == RESULTS else signatures.read(field)
        instance = part.instance if isinstance(part, Signature) else _instance(field)
        if not 1 <= instance <= MOST or parts.setdefault(instance, {}).setdefault(field.key, part) is not part:
            raise Broken("a set that is out of place")
    found = []
    for instance in range(1, len(parts) + 1):
        those = parts.get(instance, {})
        results, message, seal = (those.get(name) for name in (RESULTS, signatures.MESSAGE, signatures.SEAL))
        if not isinstance(results, Field) or not isinstance(message, Signature) or not isinstance(seal, Signature):
            raise Broken("a set that is not whole")
        found.append(Set(results, message, seal))
    return found


def evaluate(sets: Sequence[Set], fields: Sequence[Field], texts: Texts, bodies: Bodies) -> Arc:
    """RFC 8617 §5.2: the last message signature and all seals have to hold."""
    if not sets:
        return Arc(Result.NONE)
    last = sets[-1]
    try:
        for number, each in enumerate(sets):
            if each.seal.chain != ("none" if number == 0 else "pass"):
                raise Broken("a forwarder found the chain broken")
        digest, _ = bodies(last.message)
        if digest != last.message.body_hash:
            raise Broken("the body was changed")
        _hold(last.message, signatures.signed_octets(last.message, fields), texts)
        for number, each in reversed(list(enumerate(sets))):
            covered = [field for before in sets[:number] for field in before.fields]
            _hold(each.seal, signatures.sealed_octets(each.seal, [*covered, *each.fields[:2]]), texts)
    except LookupError:
        return Arc(Result.TEMPERROR, reason="a key could not be looked up")
    except BadTags as error:
        return Arc(Result.FAIL, reason=str(error))
    return Arc(Result.PASS, last.seal.domain, last.results.value)


def _hold(signature: Signature, octets: bytes, texts: Texts) -> None:
    if not signatures.holds(signature, octets, usable_key(signature, texts)):
        raise Broken("a signature does not hold")


def _instance(field: Field) -> int:
    """Results are no list of tags but for their beginning (RFC 8617 §4.1.1)."""
    name, equals, number = field.value.partition(b";")[0].partition(b"=")
    if name.strip() != b"i" or not equals or not number.strip().isdigit() or len(number.strip()) > 3:
        raise Broken("results without a place")
    return int(number)
