"""Path templates of google.api.http: `/v1/accounts/{account.id}:suspend`.

Of the grammar in google/api/http.proto we take literals, variables of one segment and a verb; our resources have
flat names, so `*`, `**` and `{name=…}` are refused.
"""

import re
from dataclasses import dataclass

_LITERAL = re.compile(r"[A-Za-z0-9._~-]+")
_VARIABLE = re.compile(r"\{([a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*)\}")


class TemplateFault(ValueError):
    """A template that cannot be served."""


@dataclass(frozen=True)
class Variable:
    """A segment that fills the field at a path: "account.id"."""

    field: str


@dataclass(frozen=True)
class Template:
    """Segments between slashes, and the verb after the colon or nothing."""

    segments: tuple[str | Variable, ...]
    verb: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(segment.field for segment in self.segments if isinstance(segment, Variable))

    @property
    def shape(self) -> str:
        """Two templates of one shape answer the same paths."""
        path = "/".join("{}" if isinstance(segment, Variable) else segment for segment in self.segments)
        return f"/{path}:{self.verb}" if self.verb else f"/{path}"

    def __str__(self) -> str:
        path = "/".join(f"{{{s.field}}}" if isinstance(s, Variable) else s for s in self.segments)
        return f"/{path}:{self.verb}" if self.verb else f"/{path}"


def parse_template(text: str) -> Template:
    """Raises `TemplateFault`."""
    if not text.startswith("/"):
        raise TemplateFault(f"{text}: must start with /")
    path, _, verb = text[1:].partition(":")
    if ":" in text[1:] and not _LITERAL.fullmatch(verb):
        raise TemplateFault(f"{text}: no such verb can be served")
    return Template(tuple(_segment(text, part) for part in path.split("/")), verb)


def _segment(text: str, part: str) -> str | Variable:
    if _LITERAL.fullmatch(part):
        return part
    found = _VARIABLE.fullmatch(part)
    if found is None:
        raise TemplateFault(f"{text}: {part!r} is neither a literal nor a {{variable}}")
    return Variable(found[1])
