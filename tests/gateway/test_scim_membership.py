"""PATCH of a group's members by ids does what the library does, and does it soon."""

# ruff: noqa: E501 - a case is a line

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim2_models import PatchOp, PayloadTooLargeException, SCIMException

from gateway.edges.scim.membership import MOST_COMPARED, patched
from gateway.edges.scim.models import GroupMember, provider

PROVIDER = provider()
GROUP: Any = PROVIDER.model_for("Group")
URN = "urn:ietf:params:scim:schemas:core:2.0:Group"
ids = st.sampled_from(["a", "b", "c", "d", "e"])
# For us an id says enough, whatever its type; the library takes an id with a type and the same without for two
# members, which are compared as one here: no step asks for a type.
plain = ids.map(lambda i: {"value": i})
values = st.one_of(plain, ids.map(lambda i: {"value": i, "type": "User"}))
paths = st.sampled_from(["members", "Members", f"{URN}:members"])
operations = st.one_of(
    st.builds(lambda path, value: {"op": "add", "path": path, "value": value}, paths, st.lists(values, min_size=1, max_size=3)),
    st.builds(lambda path, value: {"op": "remove", "path": path, "value": value}, paths, st.lists(plain, min_size=1, max_size=3)),
    ids.map(lambda i: {"op": "remove", "path": f'members[value eq "{i}"]'}),
    ids.map(lambda i: {"op": "remove", "path": f'members[value eq "{i}" or value eq "z"]'}),
    st.just({"op": "remove", "path": "members"}),
    st.lists(values, max_size=3).map(lambda value: {"op": "replace", "path": "members", "value": value}),
    st.just({"op": "replace", "path": "displayName", "value": "Autre"}),
    values.map(lambda value: {"op": "add", "value": {"members": [value]}}),
)  # fmt: skip


def group(count: int) -> Any:
    return GROUP(
        id="1", display_name="Groupe", members=[GroupMember(value=chr(97 + n), type="User") for n in range(count)]
    )


def said(*given: dict[str, Any]) -> Any:
    return PatchOp[GROUP].model_validate(
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": given}
    )


def members(resource: Any) -> set[str]:
    return {str(member.value) for member in resource.members or ()}


@given(count=st.integers(0, 4), steps=st.lists(operations, min_size=1, max_size=4))
def test_the_members_afterwards_are_those_that_the_library_leaves(count: int, steps: list[dict[str, Any]]) -> None:
    with PROVIDER:
        ours, theirs = group(count), group(count)
        try:
            said(*steps).patch(theirs)
        except SCIMException as refused:
            with pytest.raises(type(refused)):
                patched(ours, said(*steps))
            return
        patched(ours, said(*steps))
    assert (members(ours), ours.display_name) == (members(theirs), theirs.display_name)


def test_who_is_a_member_already_is_not_added_again_for_want_of_a_type() -> None:
    resource = group(2)
    with PROVIDER:
        assert not patched(resource, said({"op": "add", "path": "members", "value": [{"value": "a"}]}))
        assert patched(resource, said({"op": "remove", "path": 'members[value eq "a" and type eq "User"]'}))
    assert [member.value for member in resource.members] == ["b"]


def test_what_would_have_to_be_compared_too_often_is_refused() -> None:
    many = [GroupMember(value=f"01J{number}", type="User") for number in range(5000)]
    large = GROUP(id="1", display_name="Groupe", members=many)
    with PROVIDER:
        removals = [{"op": "remove", "path": f'members[value eq "01J{number}"]'} for number in range(1000)]
        assert patched(large, said(*removals))
        assert len(large.members) == 4000
        others = [
            {"op": "remove", "path": f'members[value sw "01J{number}"]'} for number in range(MOST_COMPARED // 4000 + 1)
        ]
        with pytest.raises(PayloadTooLargeException):
            patched(large, said(*others))
