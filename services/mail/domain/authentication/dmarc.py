"""DMARC (RFC 7489): whether what SPF and DKIM found is about the domain that a reader sees in From."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from publicsuffixlist import PublicSuffixList

from services.mail.domain.authentication.tags import BadTags, tags_of
from services.mail.domain.authentication.verdicts import Dkim, Dmarc, Result, Spf

POLICIES = ("none", "quarantine", "reject")


@dataclass(frozen=True, slots=True)
class Policy:
    """What a domain says of its letters: what to do with those that fail, of its own and of those below it."""

    own: str
    below: str
    strict_dkim: bool = False
    strict_spf: bool = False
    # Of how many in a hundred it wants that.
    percent: int = 100


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def organisation(domain: str) -> str:
    """The domain that somebody registered, which it is or stands below (RFC 7489 §3.2)."""
    return _suffixes().privatesuffix(domain) or domain


def names_of(domain: str) -> tuple[str, ...]:
    """Where its policy is looked for: at itself, then where it is registered."""
    return tuple(f"_dmarc.{each}" for each in dict.fromkeys((domain, organisation(domain))))


def policy_of(records: Iterable[bytes]) -> Policy | None:
    """The policy among the texts at a name; None where there is none, or more than one (RFC 7489 §6.6.3)."""
    found = [record for record in records if record.replace(b" ", b"").lower().startswith(b"v=dmarc1")]
    if len(found) != 1:
        return None
    try:
        tags = {name.lower(): value.decode("ascii", "replace").lower() for name, value in tags_of(found[0]).items()}
    except BadTags:
        return None
    own = tags.get("p", "")
    if own not in POLICIES:
        # Somebody who wants reports wants at least to be looked at.
        if "rua" not in tags:
            return None
        own = "none"
    below = tags.get("sp", own)
    percent = tags.get("pct", "100")
    return Policy(
        own,
        below if below in POLICIES else own,
        tags.get("adkim") == "s",
        tags.get("aspf") == "s",
        int(percent) if percent.isdecimal() and percent.isascii() and int(percent) <= 100 else 100,
    )


def evaluate(domain: str, found: Sequence[Policy | None], spf: Spf, dkim: Sequence[Dkim], drawn: int) -> Dmarc:
    """What it comes to for a domain of From.

    `found` are the policies at `names_of(domain)`, `drawn` a number below 100 by which those are chosen whom a policy
    for some of all letters is for.
    """
    policy = next((each for each in found if each is not None), None)
    if policy is None:
        return Dmarc(Result.NONE, domain)
    wanted = policy.own if found[0] is not None else policy.below
    if drawn >= policy.percent:
        # RFC 7489 §6.6.4: the next milder one.
        wanted = POLICIES[max(0, POLICIES.index(wanted) - 1)]
    good = aligned(Result.PASS, domain, spf, dkim, strict_spf=policy.strict_spf, strict_dkim=policy.strict_dkim)
    return Dmarc(Result.PASS if good else Result.FAIL, domain, wanted)


def aligned(
    result: Result,
    domain: str,
    spf: Spf,
    dkim: Sequence[Dkim],
    *,
    strict_spf: bool = False,
    strict_dkim: bool = False,
) -> bool:
    """Whether SPF or DKIM came to a result about whom the reader sees (RFC 7489 §3.1)."""
    if spf.result is result and _same(domain, spf.domain, strict=strict_spf):
        return True
    return any(each.result is result and _same(domain, each.domain, strict=strict_dkim) for each in dkim)


def _same(domain: str, other: str, *, strict: bool) -> bool:
    return domain == other or (not strict and organisation(domain) == organisation(other))
