"""Strings of a script: what stands between quotation marks, once what is encoded in it and the variables are found."""

import re
from dataclasses import dataclass

from services.mail.domain.sieve.errors import Fault

# RFC 5228 §2.4.2.4.
_ENCODED = re.compile(
    r"\$\{(?:hex:\s*(?P<hex>[0-9a-f]{1,2}(?:\s+[0-9a-f]{1,2})*)|unicode:\s*(?P<unicode>[0-9a-f]+(?:\s+[0-9a-f]+)*))\s*\}",
    re.ASCII | re.IGNORECASE,
)
# RFC 5229 §3.
_REFERENCE = re.compile(r"\$\{([a-z_][a-z0-9_]*(?:\.[a-z0-9_]+)*|[0-9]+(?:\.[a-z0-9_]+)*)\}", re.ASCII | re.IGNORECASE)
NAME = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Variable:
    """A reference by name, in lower case; what the last match found is named by its number."""

    name: str


@dataclass(frozen=True, slots=True)
class Text:
    """A string of a script. `at`: where it stands."""

    at: int
    parts: tuple[str | Variable, ...]

    @property
    def constant(self) -> str | None:
        """What it is whatever the variables are; None when it depends on them."""
        if len(self.parts) == 1 and isinstance(self.parts[0], str):
            return self.parts[0]
        return None


def text(at: int, written: str, *, encoded: bool, variables: bool) -> Text:
    """What is written at an offset, as far as the script's extensions give it a meaning. Raises `Fault`."""
    if "${" not in written:
        return Text(at, (written,))
    if encoded:
        written = _ENCODED.sub(lambda found: _decoded(at, found), written)
    if not variables:
        return Text(at, (written,))
    parts: list[str | Variable] = []
    done = 0
    for found in _REFERENCE.finditer(written):
        parts.append(written[done : found.start()])
        parts.append(_variable(at, found[1].lower()))
        done = found.end()
    parts.append(written[done:])
    sound = tuple(part for part in parts if part != "")
    return Text(at, sound or ("",))


def _decoded(at: int, found: re.Match[str]) -> str:
    if found["hex"]:
        return bytes(int(each, 16) for each in found["hex"].split()).decode("utf-8", "surrogateescape")
    codes = [each.lstrip("0") or "0" for each in found["unicode"].split()]
    numbers = [int(each, 16) if len(each) <= 6 else 0x110000 for each in codes]
    if any(number > 0x10FFFF or 0xD800 <= number <= 0xDFFF for number in numbers):
        raise Fault(at, f"{found[0]} n'est pas un caractère", f"{found[0]} is not a character")
    return "".join(map(chr, numbers))


def _variable(at: int, name: str) -> Variable:
    if "." in name:
        space = name.partition(".")[0]
        raise Fault(at, f"l'espace de variables « {space} » n'existe pas", f'there are no variables in "{space}"')
    return Variable(str(int(name[-9:])) if name.isdigit() else name)
