"""Distribution lists: groups of the directory that have an address. Pure."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

# Who may write to a list, as directory says it. Whatever else it may say one day, nobody may.
MEMBERS, UNIT, PLATFORM, NAMED = "members", "unit", "platform", "named"
# A list receives by its id with this before it, which no account's id has.
_RECEIVES = "list:"


@dataclass(frozen=True, slots=True)
class Rule:
    """Persons who stand in or below a unit (empty: anywhere), of a grade and at a place (empty: any); or all staff."""

    unit_id: str
    grade: str = ""
    place: str = ""
    everybody: bool = False

    def fits(self, grade: str, place: str) -> bool:
        """Case and accents do not matter, as with directory."""
        wanted = ((self.grade, grade), (self.place, place))
        return all(not asked or _folded(asked) == _folded(has) for asked, has in wanted)


@dataclass(frozen=True, slots=True)
class Group:
    """A group as directory told of it. It lists accounts and groups, or has a rule; with an `address` it is a list."""

    id: str
    name: str
    address: str
    unit_id: str
    accounts: tuple[str, ...]
    groups: tuple[str, ...]
    rule: Rule | None
    writers: str
    writer_ids: tuple[str, ...]
    version: int

    @property
    def named_writers(self) -> bool:
        """Whether only who is named may write; to everybody nobody else does, whatever was said."""
        return self.writers == NAMED or self.everybody

    @property
    def everybody(self) -> bool:
        return self.rule is not None and self.rule.everybody

    @property
    def receiver(self) -> str:
        """What stands in the place of an account where something is delivered to the list."""
        return f"{_RECEIVES}{self.id}"

    @property
    def list_id(self) -> str:
        """By which its letters are known (RFC 2919), lower case."""
        local, _, domain = self.address.rpartition("@")
        return f"{local}.{domain}"

    @property
    def bounces(self) -> str:
        """Whom the envelope of its letters is from: what comes back there goes no further."""
        local, _, domain = self.address.rpartition("@")
        return f"{local}+bounces@{domain}"


def owners_address(address: str) -> str:
    """Where those are reached who answer for the list at an address."""
    local, _, domain = address.rpartition("@")
    return f"{local}+owner@{domain}"


def list_of(receiver: str) -> str:
    """The id of the list that receives; empty for an account."""
    return receiver.removeprefix(_RECEIVES) if receiver.startswith(_RECEIVES) else ""


def list_fields(group: Group, may_answer: bool) -> bytes:
    """What is put above a letter to a list (RFC 2369, RFC 2919): nothing of the letter itself is changed.

    Nobody subscribes by letter, and nobody leaves: a directory's group has whom it has, so no field says how. Who wants
    to know or to complain asks who answers for it.
    """
    owners = f"<mailto:{owners_address(group.address)}>"
    post = f"<mailto:{group.address}>" if may_answer else "NO"
    lines = (
        f"List-Id: <{group.list_id}>",
        f"List-Post: {post}",
        f"List-Owner: {owners}",
        f"List-Help: {owners}",
        "Precedence: list",
    )
    return "".join(f"{line}\r\n" for line in lines).encode()


def horizon(pages: Sequence[tuple[Sequence[str], bool]]) -> str | None:
    """How far several sorted pages of ids were read, all of them; None when each was read to its end.

    `pages`: what was looked at, and whether there may be more.
    """
    ends = [ids[-1] for ids, more in pages if more and ids]
    return min(ends) if ends else None


def _folded(said: str) -> str:
    bare = unicodedata.normalize("NFKD", said.strip().casefold())
    return " ".join("".join(each for each in bare if not unicodedata.combining(each)).split())
