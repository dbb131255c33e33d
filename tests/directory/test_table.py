"""Rosters as people save them: separators, marks, columns, encodings, and rows that make no sense."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.roster import Leaver, Row, read_leavers, read_roster
from services.directory.domain.table import BadRow, BadTable, neutral, written

HEADER = "adresse;nom;unité;matricule;alias"
ROW = "Agent1@numerique.gouv.tg;Agent Un;Ministère du Numérique/Réseaux;N-1;a1@gouv.tg a2@gouv.tg"
EXPECTED = Row(
    2, "Agent1@numerique.gouv.tg", "Agent Un", ("Ministère du Numérique", "Réseaux"), "N-1",
    ("a1@gouv.tg", "a2@gouv.tg"),
)  # fmt: skip


def read(content: bytes) -> list[Row | BadRow]:
    return list(read_roster(io.BytesIO(content)))


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("separator", [";", ","])
def test_marks_ends_and_separators_make_no_difference(mark: bytes, end: str, separator: str) -> None:
    text = end.join([HEADER, ROW, ""]).replace(";", separator)
    assert read(mark + text.encode()) == [EXPECTED]


def test_columns_are_known_in_french_and_english_whatever_their_case() -> None:
    french = "Courriel;Nom;Prénoms;Nom de famille;Fonction;Grade;Lieu;Téléphone;Portable;Langue"
    english = "EMAIL;name;given_name;family name;title;grade;place;phone;mobile;language"
    cells = "a@gouv.tg;Agent;A;Gent;Directeur;A1;Lomé;+228 22 21 20 19;90 00 00 00;fr"
    (one,), (other,) = read(f"{french}\n{cells}\n".encode()), read(f"{english}\n{cells}\n".encode())
    assert one == other
    assert isinstance(one, Row)
    assert one.profile["phone"] == "+228 22 21 20 19"
    assert list(read_leavers(io.BytesIO(b"Matricule;Successeur\nN-1;b@gouv.tg\n;\n"))) == [
        Leaver(2, "N-1", "", "b@gouv.tg")
    ]


def test_quoted_fields_hold_separators_and_lines_keep_their_numbers() -> None:
    content = 'address,name,unit\na@gouv.tg,"Un, Agent",X\n\n"b@gouv.tg","Deux",X\nc@gouv.tg,Trois,X\n'
    assert [(row.line, getattr(row, "name", "")) for row in read(content.encode())] == [
        (2, "Un, Agent"), (4, "Deux"), (5, "Trois"),
    ]  # fmt: skip


def test_rows_that_make_no_sense_are_told_by_line_and_the_others_are_read() -> None:
    lines = [
        HEADER,
        ";Sans adresse;;;",
        "a@gouv.tg;;;;",
        "trop;peu",
        ROW,
        "a@gouv.tg;A;Min//Bureau;;",
        'x@y.tg;"a"b;;;',
    ]
    rows = read("\n".join(lines).encode())
    assert [row.line for row in rows if isinstance(row, BadRow)] == [2, 3, 4, 6, 7]
    assert [row.line for row in rows if isinstance(row, Row)] == [5]


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "a\tb", "a\x00b", "=HYPERLINK(1)"])
def test_cells_that_a_spreadsheet_would_run_or_nobody_can_see_are_refused(cell: str) -> None:
    (row,) = read(f'address;name\na@gouv.tg;"{cell}"\n'.encode())
    assert isinstance(row, BadRow)
    assert "name" in row.reason


def test_a_quote_that_is_not_closed_takes_no_more_than_a_cell_with_it() -> None:
    rows = "".join(f"a{number}@gouv.tg;Agent {number}\n" for number in range(2000))
    found = read(f'address;name\nx@gouv.tg;"ouvert\n{rows}'.encode())
    bad = [row for row in found if isinstance(row, BadRow)]
    assert [row.line for row in bad] == [2]
    assert "not closed" in bad[0].reason
    assert len(found) > 1000
    assert found[-1].line == 2002
    (last,) = read(b'address;name\nx@gouv.tg;"ouvert')
    assert isinstance(last, BadRow)
    oversized = read(f"address;name\nx@gouv.tg;{'x' * 20_000}\nb@gouv.tg;B\n".encode())
    assert [type(row) for row in oversized] == [BadRow, Row]


def test_aliases_and_profile_are_left_alone_when_there_is_no_such_column() -> None:
    (row,) = read(b"address,name\na@gouv.tg,A\n")
    assert isinstance(row, Row)
    assert (row.aliases, dict(row.profile)) == (None, {})


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "address"),
        (b"nom;prenom;couleur\n", "couleur"),
        (b"address;address;name\n", "two columns"),
        (b"address\na@gouv.tg\n", "name"),
        (b"address;name;password\na@gouv.tg;A;secret secret\n", "password"),
        ("address;name\na@gouv.tg;Été\n".encode("latin-1"), "line 2"),
        (b"address;name\na@gouv.tg;A\nb@gouv.tg;\xc3\x28\n", "line 3"),
        ("address;name\na@gouv.tg;A\n".encode("utf-16"), "UTF-16"),
        ("address;name\na@gouv.tg;A\n".encode("utf-16-le"), "UTF-16"),
        (b"address;name\ra@gouv.tg;A\r", "lines end"),
    ],
)
def test_a_file_that_is_no_roster_is_refused_with_what_is_wrong(content: bytes, says: str) -> None:
    with pytest.raises(BadTable, match=says):
        read(content)


@given(st.binary(max_size=400))
def test_no_bytes_whatever_break_the_reader(content: bytes) -> None:
    try:
        for row in read(b"address;name;unit\n" + content):
            assert row.line >= 2
    except BadTable:
        pass


@given(st.lists(st.lists(st.text(max_size=20), min_size=2, max_size=2), max_size=5))
def test_what_is_written_runs_in_no_spreadsheet(rows: list[list[str]]) -> None:
    text = written(rows).decode("utf-8", "surrogatepass") if rows else ""
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=";"):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


def test_what_was_made_harmless_is_read_as_it_was() -> None:
    phone = "+228 22 21 20 19"
    content = b"address;name;phone\n" + written([["a@gouv.tg", "A", phone]])
    assert neutral(phone).encode() in content
    (row,) = read(content)
    assert isinstance(row, Row)
    assert row.profile["phone"] == phone
