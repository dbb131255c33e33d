"""The nearest unit counts, inside and outside each by itself, and nobody wants more than that."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from services.mail.domain.receipt_policy import USUAL, Given, Manner, Manners, manners, narrowed, refuse_more

ANY = st.sampled_from((None, *Manner))
GIVEN = st.builds(Given, ANY, ANY)
NEVER, ASK, ALWAYS = Manner


def test_the_nearest_counts_inside_and_outside_by_itself() -> None:
    assert manners([]) == USUAL == Manners(ASK, NEVER)
    assert manners([Given(ALWAYS), Given(NEVER, ASK), Given(ASK, ALWAYS)]) == Manners(ALWAYS, ASK)


@settings(max_examples=50)
@given(st.lists(GIVEN, max_size=4), GIVEN)
def test_no_account_does_more_than_its_units_let_it(above: list[Given], wanted: Given) -> None:
    let = manners(above)
    holds = narrowed(let, wanted)
    assert holds.inside <= let.inside
    assert holds.outside <= let.outside
    try:
        refuse_more(let, wanted)
    except InvalidInput:
        return
    assert holds == Manners(wanted.inside or let.inside, wanted.outside or let.outside)


def test_what_is_wanted_and_not_let_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        refuse_more(Manners(ASK, NEVER), Given(ALWAYS, ASK))
    assert refused.value.fields == {
        "settings.inside": "the unit lets no more than ask",
        "settings.outside": "the unit lets no more than never",
    }
