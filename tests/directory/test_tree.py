"""The picture of the tree grows by what changes, and is the same as if it were drawn anew."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workspace.directory.v1 import directory_pb2 as pb

from chassis.documents import Database
from services.directory.domain.mail_domains import ACTIVE, GONE, MailDomain
from services.directory.domain.tree import Tree
from services.directory.domain.units import DIRECTORATE, MINISTRY, Unit
from services.directory.store import tree as store
from services.directory.store.tree import TreeStore
from tests.directory.conftest import Land, Person, Stack

IDS = ("a", "b", "c", "d")
NAMES = ("x.tg", "y.tg")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def picture(tree: Tree) -> tuple[Any, ...]:
    """All that a tree says."""
    units = {unit.id: unit for unit in tree.all()}
    children = {each: [unit.id for unit in tree.children(each)] for each in ("", *units)}
    return tree.version, units, children, tree.domains(), tree.in_transit


@given(
    units=st.lists(
        st.tuples(st.sampled_from(IDS), st.sampled_from(["", *IDS]), st.text("éa", min_size=1)), max_size=12
    ),
    domains=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(IDS), st.sampled_from([ACTIVE, GONE]))),
)
def test_a_picture_that_grew_is_the_one_that_would_be_drawn(
    units: list[tuple[str, str, str]], domains: list[tuple[str, str, str]]
) -> None:
    tree, rows, parents, owned = Tree(), dict[str, Unit](), dict[str, str](), dict[str, MailDomain]()
    for version, (unit_id, parent, name) in enumerate(units, 1):
        unit = Unit(unit_id, name, DIRECTORATE if parent else MINISTRY, (unit_id,), version)
        grown = tree.grown(version, [(unit, parent)], [], ())
        if grown is None:
            # Only what has moved, or stands below what is not there, is not put into the picture.
            assert parents.get(unit_id, parent) != parent or parent not in {"", *rows}
            continue
        rows[unit_id], parents[unit_id], tree = unit, parent, grown
        assert picture(tree) == picture(Tree(version, rows.values(), parents))
    for number, (name, owner, state) in enumerate(domains, 100):
        domain = MailDomain(name, owner, NOW + timedelta(days=number), NOW, state, version=number)
        owned[name] = domain
        grown = tree.grown(number, [], [domain], ())
        assert grown is not None
        tree = grown
        assert picture(tree) == picture(Tree(number, rows.values(), parents, domains=owned.values()))


async def test_opening_units_costs_as_many_reads_as_there_are_opened(
    stack: Stack, land: Land, administrator: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: Counter[str] = Counter()
    original = store.unit_of

    def counting(row: Any) -> Unit:
        counted["read"] += 1
        return original(row)

    await stack.directory.tree.refresh()
    monkeypatch.setattr(store, "unit_of", counting)
    for number in range(20):
        await stack.unit(administrator, f"Bureau {number}", pb.UNIT_KIND_OFFICE, land.economy.id)
    assert counted["read"] == 20
    # A process that opened none of them reads each once.
    counted.clear()
    other = TreeStore(stack.database)
    await other.refresh()
    assert counted["read"] == 23
    await stack.unit(administrator, "Bureau 20", pb.UNIT_KIND_OFFICE, land.economy.id)
    await stack.owning(administrator, land.economy.id, "finances.gouv.tg")
    counted.clear()
    assert picture(await other.refresh()) == picture(await drawn(stack.database))
    assert counted["read"] == 1 + 24


async def drawn(database: Database) -> Tree:
    """The picture of a process that begins now."""
    return await TreeStore(database).refresh()


async def test_what_others_open_at_once_is_in_everybodys_picture(stack: Stack, administrator: Person) -> None:
    mine, others = stack.directory.tree, TreeStore(stack.database)
    for number in range(3):
        await stack.unit(administrator, f"Ministère {number}", pb.UNIT_KIND_MINISTRY)
        assert picture(await others.refresh()) == picture(await mine.refresh())
