"""Filters answered from indexes say what looking at every entry would say."""

from datetime import UTC, datetime

from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.directory.domain.accounts import ADMINISTRATOR, Account, RoleGrant
from services.directory.domain.book import Book, Collective, Collectives, Entry
from services.directory.domain.book.postings import numbers_in
from services.directory.domain.functions import Function
from services.directory.domain.groups import Group, Rule
from services.directory.ldap.codec.filters import And, Compares, Filter, Holds, Matches, Not, Or, Present
from services.directory.ldap.collectives import Gathered
from services.directory.ldap.evaluation import Shelf, bounds_of, verdict_of
from services.directory.ldap.shelves import PeopleShelf, UnitShelf
from services.directory.ldap.tree import InformationTree
from tests.directory.ldap.messages import filters
from tests.directory.test_book import COURIER, ECONOMY, HEALTH, UNITS, person

KOFFI, ABLA, YAO = (
    person(
        "Koffi Abalo", COURIER, title="Comptable", phone="+228 22 21 35 01", own="KA", address="ka@gouv.tg"
    )._replace(family_name="Abalo", staff_number="E-7", aliases=("ko@gouv.tg",), functions=("chef.tresor@gouv.tg",)),
    person("Abla Kpɔmégbé", HEALTH, own="AK", phone="22 21 40 00")._replace(place="Kara"),
    person("Yao  ok", HEALTH, own="YO", title="Agent  Ko"),
)
ASKING = Account("XX", "x@gouv.tg", "X", datetime.now(UTC), roles=(RoleGrant(ADMINISTRATOR, ECONOMY.path),))


def book(*entries: Entry) -> Book:
    return Book(UNITS, [entry.packed() for entry in entries])


BOOK = book(KOFFI, ABLA, YAO)
TREE = InformationTree(BOOK, "dc=gouv,dc=tg")
NOW = datetime.now(UTC)
TEAM, ABOVE, RULED, AWAY, CHIEF = (f"01J00000000000000000000{name}" for name in ("TEA", "ABV", "RVX", "AWY", "CHF"))
GROUPS = Collectives(
    UNITS,
    [
        Collective(COURIER.path, group=Group(TEAM, "Ko abalo", NOW, NOW, COURIER.id, accounts=("KA", "AK"))),
        Collective((), group=Group(ABOVE, "Kobé", NOW, NOW, groups=(TEAM,))),
        Collective(ECONOMY.path, group=Group(RULED, "Kara", NOW, NOW, ECONOMY.id, rule=Rule(ECONOMY.id))),
        Collective(HEALTH.path, group=Group(AWAY, "Santé", NOW, NOW, HEALTH.id, accounts=("YO",))),
        Collective(
            COURIER.path, function=Function(CHIEF, "chef.tresor@gouv.tg", "Chef ko", COURIER.id, NOW, NOW, ("KA",))
        ),
    ],
)
GATHERED = Gathered(BOOK, TREE, GROUPS, ASKING)
SHELVES: list[Shelf] = [PeopleShelf(BOOK, TREE, ASKING, GATHERED), UnitShelf(BOOK, TREE), GATHERED]
NAMES = ["cn", "sn", "mail", "uid", "title", "ou", "o", "l", "telephoneNumber", "objectClass", "employeeNumber",
         "departmentNumber", "givenName", "memberOf", "member",
         "roleOccupant", "description", "jpegPhoto", "createTimestamp", "nonsense"]  # fmt: skip
VALUES = st.one_of(
    st.text(alphabet="abkoéɔ @.2-", min_size=1, max_size=5),
    st.sampled_from(
        ["Koffi Abalo", "koffi  abalo", "Abalo", "ko@gouv.tg", "ka@gouv.tg", "chef.tresor@gouv.tg", "inetOrgPerson",
         "E-7", COURIER.id, "Comptable", "22213501", "+22822213501", "2221", "Kara", "kpomegbe", "2026", "kofi",
         "20260101000000Z", "cn=Kobé,dc=gouv,dc=tg", "groupOfNames", "organizationalRole",
         f"cn=Ko abalo,{TREE.name_of_unit(COURIER.id)}", f"uid=ka@gouv.tg,{TREE.name_of_unit(COURIER.id)}"]
    ),
)  # fmt: skip


@given(filters(NAMES, VALUES))
@settings(max_examples=400)
@example(Not(Compares("nonsense", "=", "x")))
@example(And((Not(Present("title")), Present("cn"))))
@example(Holds("telephoneNumber", "+228 22", (), ""))
@example(Matches("", "ou", "Direction du Trésor", True))
def test_an_index_loses_nobody_and_says_nothing_that_is_not_so(wanted: Filter) -> None:
    verdict = verdict_of(wanted)
    for shelf in SHELVES:
        bounds = bounds_of(wanted, shelf)
        said = {number: verdict(view) for number in numbers_in(shelf.everything) if (view := shelf.view(number))}
        true = {number for number, each in said.items() if each is True}
        not_false = {number for number, each in said.items() if each is not False}
        may = set(numbers_in(bounds.may))
        assert true <= may
        assert set(numbers_in(bounds.not_false)) <= not_false
        if bounds.exact:
            assert may == true


def matching(wanted: Filter) -> list[str]:
    shelf, verdict = SHELVES[0], verdict_of(wanted)
    found = [shelf.view(number) for number in numbers_in(bounds_of(wanted, shelf).may)]
    return [view.values("cn")[0] for view in found if view is not None and verdict(view) is True]


def test_values_are_compared_without_case_accents_and_doubled_spaces() -> None:
    for value in ("Abla Kpɔmégbé", "ABLA  KPOMEGBE", " abla kpomegbe "):
        assert matching(Compares("cn", "=", value)) == ["Abla Kpɔmégbé"]
    assert matching(Compares("telephoneNumber", "=", "+228-2221 3501")) == ["Koffi Abalo"]
    assert matching(Compares("mail", "=", "KO@gouv.tg")) == ["Koffi Abalo"]
    assert matching(Compares("mail", "=", "Chef.Tresor@gouv.tg")) == ["Koffi Abalo"]
    assert matching(Compares("cn", "~=", "kofi abalo")) == ["Koffi Abalo"]


def test_what_is_undefined_is_neither_true_nor_false() -> None:
    unknown = Compares("nonsense", "=", "x")
    assert matching(unknown) == matching(Not(unknown)) == []
    assert matching(Not(Present("nonsense"))) == ["Abla Kpɔmégbé", "Koffi Abalo", "Yao  ok"]
    assert matching(Or((unknown, Present("l")))) == ["Abla Kpɔmégbé"]
    assert matching(Compares("cn", ">=", "a")) == []
    assert matching(And(())) == ["Abla Kpɔmégbé", "Koffi Abalo", "Yao  ok"]
    assert matching(Or(())) == []


def test_parts_of_a_value_come_in_their_order_and_do_not_overlap() -> None:
    assert matching(Holds("cn", "ko", ("ff",), "lo")) == ["Koffi Abalo"]
    assert matching(Holds("cn", "", ("abal", "koff"), "")) == []
    assert matching(Holds("cn", "koffi a", (), "i abalo")) == []
    assert matching(Holds("cn", "", ("fi ab",), "")) == ["Koffi Abalo"]
    assert matching(Holds("mail", "", (), "@gouv.tg")) == ["Abla Kpɔmégbé", "Koffi Abalo", "Yao  ok"]


def test_a_name_s_parts_match_where_the_filter_asks_for_them() -> None:
    assert matching(Matches("", "ou", "direction du tresor", False)) == []
    assert matching(Matches("", "ou", "direction du tresor", True)) == ["Koffi Abalo"]
    assert matching(Matches("caseIgnoreMatch", "ou", "bureau du courrier", False)) == ["Koffi Abalo"]
    assert matching(Matches("2.5.13.99", "ou", "bureau du courrier", False)) == []
