"""What holds for an account follows from what it and the units above it were given."""

import pytest
from google.protobuf.descriptor import FieldDescriptor
from hypothesis import given
from hypothesis import strategies as st
from workspace.mail.v1 import quotas_pb2

from chassis.errors import InvalidInput
from services.mail.domain.allotment import FIELDS, TIMES, Allotment, Holder, checked, limits
from services.mail.domain.quota import Quota, Usage
from services.mail.domain.sending import Allowance

GIVEN = st.dictionaries(st.sampled_from(sorted(FIELDS)), st.integers(0, 10**6))


def test_the_contract_calls_fields_as_the_rules_do() -> None:
    fields = quotas_pb2.Allotment.DESCRIPTOR.fields
    assert {field.name for field in fields} == set(FIELDS)
    assert all(field.has_presence and field.type == FieldDescriptor.TYPE_INT64 for field in fields)


@given(st.lists(GIVEN, max_size=5))
def test_the_nearest_that_names_a_field_counts_and_else_the_platform(gifts: list[dict[str, int]]) -> None:
    allotments = [Allotment(Holder.UNIT, str(number), gift) for number, gift in enumerate(gifts)]
    holds, platform = limits(allotments, Quota(), Allowance()), limits([], Quota(), Allowance())
    for name in FIELDS:
        naming = [each for each in allotments if name in each.fields]
        assert holds.fields[name] == (naming[0].fields[name] if naming else platform.fields[name])
        assert holds.origins.get(name) == ((Holder.UNIT, naming[0].holder_id) if naming else None)


@given(st.sampled_from(sorted(FIELDS)), st.integers(-(2**63), 2**63 - 1))
def test_nothing_is_given_beyond_what_may_be(name: str, value: int) -> None:
    least, most = FIELDS[name]
    usual = limits([], Quota(), Allowance()).fields[name]
    for limit, most_of in ((most, None), (min(most, TIMES * usual), (Quota(), Allowance()))):
        if least <= value <= limit:
            assert checked({name: value}, most_of) == {name: value}
        else:
            with pytest.raises(InvalidInput) as refused:
                checked({name: value}, most_of)
            assert list(refused.value.fields) == [name]


@given(st.integers(0, 10**13), st.integers(0, 10**7), st.integers(1, 10**13), st.integers(1, 10**7))
def test_marks_of_a_quota_stand_in_order(octets: int, messages: int, most: int, count: int) -> None:
    quota, usage = Quota(most, count), Usage(octets, messages)
    assert quota.relieved.within(quota.near)
    assert quota.near.within(quota.most)
    assert quota.roomy.within(quota.most)
    assert quota.refuses(usage, Usage(1, 1)) is not usage.within(quota.most)
    assert not quota.refuses(usage, Usage(-1, -1))
    resource, used, allowed = quota.fullest(usage)
    assert (used, allowed) == ((octets, most) if resource == "octets" else (messages, count))
    assert used / allowed == max(octets / most, messages / count)
