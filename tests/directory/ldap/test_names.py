"""Distinguished names: what is written is read as it was, and nothing else breaks the parser."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ldap3.utils.dn import parse_dn

from services.directory.ldap import names
from services.directory.ldap.tree import leaf_address

VALUE = st.text(min_size=1, max_size=30).map(str.strip).filter(bool)


@given(st.lists(VALUE, min_size=1, max_size=5))
@example([" , ", "#a", "a\\"])
@example(['"q"', "a=b+c;d<e>"])
def test_what_is_written_is_read_as_it_was(values: list[str]) -> None:
    tidy = [value.strip() for value in values if value.strip()]
    name = ",".join(names.written("ou", value) for value in tidy)
    assert [part.value for part in names.parse(name)] == tidy
    assert {part.keyword for part in names.parse(name)} <= {"ou"}


@given(st.lists(st.text(alphabet='abé ,+="\\<>;#', min_size=1, max_size=8).map(str.strip).filter(bool), min_size=1))
def test_ldap3_reads_as_many_parts(values: list[str]) -> None:
    name = ",".join(names.written("ou", value) for value in values[:5])
    assert len(parse_dn(name)) == len(names.parse(name))


@given(st.text(max_size=80))
@example("=")
@example("ou=a,")
@example('ou="a')
@example("ou=\\")
@example("ou=\\ff")
@example("ou=a+ou=b")
@example("ou=#0401")
@example("ou=a\x00b,")
def test_any_text_is_a_name_or_none(text: str) -> None:
    try:
        parts = names.parse(text)
    except names.BadName:
        return
    assert all(part.value for part in parts)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("UID=a@b.tg, OU = Économie ; dc=gouv,dc=tg", ["a@b.tg", "Économie", "gouv", "tg"]),
        ('ou="Travaux, et Eaux",dc=tg', ["Travaux, et Eaux", "tg"]),
        ("0.9.2342.19200300.100.1.1=a@b.tg,2.5.4.11=x", ["a@b.tg", "x"]),
        ("ou=Lu\\C4\\8Di\\C4\\87", ["Lučić"]),
        ("ou=a\\ ,dc=tg", ["a ", "tg"]),
        ("", []),
    ],
)
def test_names_as_clients_spell_them(text: str, parts: list[str]) -> None:
    assert [part.value for part in names.parse(text)] == parts


def test_names_are_bounded() -> None:
    for text in ("ou=a," * 40 + "dc=tg", "ou=" + "a" * 5000):
        with pytest.raises(names.BadName):
            names.parse(text)


def test_the_address_that_binds() -> None:
    assert leaf_address("agent@gouv.tg") == "agent@gouv.tg"
    assert leaf_address("uid=agent@gouv.tg,ou=x,dc=gouv,dc=tg") == "agent@gouv.tg"
    assert leaf_address("mail=agent@gouv.tg,dc=gouv,dc=tg") == "agent@gouv.tg"
    assert leaf_address("cn=agent,dc=gouv,dc=tg") == ""
