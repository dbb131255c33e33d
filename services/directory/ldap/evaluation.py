"""Filters over sets of entries: an index says who may match, and only those are looked at one by one.

`Bounds.may` holds everybody for whom the filter may be true, `Bounds.not_false` only such for whom it is certainly not
false: what "not" makes of a filter follows from the latter. Both are right for the three values of RFC 4511 §4.5.1.7.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Protocol, TypeAlias

from services.directory.ldap import names
from services.directory.ldap.codec.filters import And, Compares, Filter, Holds, Matches, Not, Or, Present
from services.directory.ldap.matching import test_of
from services.directory.ldap.schema import AttributeType, known
from services.directory.ldap.views import View

Item: TypeAlias = Compares | Holds | Present | Matches
# True, False, or undefined.
Verdict: TypeAlias = Callable[[View], bool | None]


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which sets the true set lies; `exact` when `may` is just it."""

    may: int
    not_false: int
    exact: bool


class Shelf(Protocol):
    """Numbered entries of one kind."""

    @property
    def everything(self) -> int: ...

    def bounds(self, item: Item, attribute: AttributeType) -> Bounds | None:
        """What the index knows of an item; None when it knows nothing."""
        ...

    def view(self, number: int) -> View | None:
        """An entry; None when it has gone meanwhile."""
        ...


def bounds_of(wanted: Filter, shelf: Shelf) -> Bounds:
    """Who may match."""
    everything = shelf.everything
    if isinstance(wanted, And | Or):
        inner = [bounds_of(each, shelf) for each in wanted.filters]
        joined, start = (and_, everything) if isinstance(wanted, And) else (or_, 0)
        return Bounds(
            reduce(joined, (each.may for each in inner), start),
            reduce(joined, (each.not_false for each in inner), start),
            all(each.exact for each in inner),
        )
    if isinstance(wanted, Not):
        found = bounds_of(wanted.filter, shelf)
        return Bounds(everything & ~found.not_false, everything & ~found.may, found.exact)
    attribute = known(wanted.attribute)
    if attribute is None or (not isinstance(wanted, Present) and test_of(wanted, attribute) is None):
        # Undefined for everybody, but that nobody has what nobody knows (RFC 4511 §4.5.1.7.5: present is false).
        return Bounds(0, 0 if isinstance(wanted, Present) else everything, True)
    return shelf.bounds(wanted, attribute) or Bounds(everything, 0, False)


def verdict_of(wanted: Filter) -> Verdict:
    """The filter as a function of one entry."""
    if isinstance(wanted, And | Or):
        return _joined([verdict_of(each) for each in wanted.filters], decisive=isinstance(wanted, Or))
    if isinstance(wanted, Not):
        inner = verdict_of(wanted.filter)
        return lambda view: None if (found := inner(view)) is None else not found
    attribute = known(wanted.attribute)
    if attribute is None:
        return (lambda _: False) if isinstance(wanted, Present) else (lambda _: None)
    name = attribute.name
    if isinstance(wanted, Present):
        return lambda view: bool(view.values(name))
    test = test_of(wanted, attribute)
    if test is None:
        return lambda _: None
    if isinstance(wanted, Matches) and wanted.dn and name in {"ou", "uid", "dc"}:
        from_name = _of_name(name)
        return lambda view: test((*view.values(name), *from_name(view)))
    return lambda view: test(view.values(name))


def _joined(inner: list[Verdict], *, decisive: bool) -> Verdict:
    """ "or" where true decides, "and" where false does; else undefined when one is."""

    def joined(view: View) -> bool | None:
        undefined = False
        for each in inner:
            found = each(view)
            if found is decisive:
                return decisive
            undefined = undefined or found is None
        return None if undefined else not decisive

    return joined


def _of_name(keyword: str) -> Callable[[View], list[str]]:
    return lambda view: [part.value for part in names.parse(view.name) if part.keyword == keyword]
