"""SPF (RFC 7208) by pyspf, which asks DNS while it works: here it is told what is known, and says what it lacks."""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Any

import spf as pyspf

from services.mail.domain.authentication.verdicts import Result, Spf

# (name, kind of record) to the answers: text of A, AAAA and PTR, (preference, name) of MX, the pieces of TXT.
# None: it could not be asked.
Answers = Mapping[tuple[str, str], Sequence[Any] | None]
# Beyond so many questions no honest policy goes: ten mechanisms with ten names each (RFC 7208 §4.6.4).
MOST_QUESTIONS = 60
_known: ContextVar[tuple[Answers, list[tuple[str, str]]]] = ContextVar("spf_answers")


class Lacking(Exception):
    """It cannot go on without these answers."""

    def __init__(self, questions: list[tuple[str, str]]) -> None:
        super().__init__(questions)
        self.questions = questions


def evaluate(remote: str, mailfrom: str, helo: str, known: Answers) -> Spf:
    """What the policy of the sender's domain says of who sends. Raises `Lacking`."""
    lacking: list[tuple[str, str]] = []
    token = _known.set((known, lacking))
    try:
        query = pyspf.query(i=remote, s=mailfrom, h=helo)
        said, _, _ = query.check()
    except _Unknown:
        said = ""
    except (UnicodeError, ValueError, IndexError, AssertionError):
        # A policy that nobody can make sense of is its domain's fault.
        said = "permerror"
    finally:
        _known.reset(token)
    if lacking:
        raise Lacking(lacking)
    domain = (mailfrom or f"@{helo}").rpartition("@")[2].lower().rstrip(".")
    return Spf(Result(said or "none"), domain, mailfrom, helo)


class _Unknown(Exception):
    """In the middle of a check."""


def _answered(name: str, kind: str, *_: Any) -> list[tuple[tuple[str, str], Any]]:
    known, lacking = _known.get()
    key = (name.lower().rstrip("."), kind)
    if key not in known:
        lacking.append(key)
        raise _Unknown
    answers = known[key]
    if answers is None:
        raise pyspf.TempError(f"DNS could not be asked for {kind} of {name}")
    return [((name, kind), answer) for answer in answers]


# pyspf asks by a function of its module.
pyspf.DNSLookup = _answered
