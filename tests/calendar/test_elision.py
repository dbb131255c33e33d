"""French words before names."""

import pytest

from services.calendar.domain.elision import of_french


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Agent Un", "d’Agent Un"), ("Élu", "d’Élu"), ("Directeur", "de Directeur"), ("œuvre", "d’œuvre"),
        ("Yves", "d’Yves"), ("Yao", "de Yao"), ("Y", "de Y"), ("<a@gouv.tg>", "de <a@gouv.tg>"), ("", "de "),
    ],
)  # fmt: skip
def test_de_before_a_name(name: str, said: str) -> None:
    assert of_french(name) == said
