"""Rosters of accounts that nobody has: by role and number, in ministries by number, as many as are wanted."""

from collections.abc import Iterator

HEADER = ("adresse", "nom", "affectation", "matricule", "fonction", "grade", "lieu")
DIRECTORATES, OFFICES = 5, 4
_GRADES = ("A1", "A2", "B", "C")
_PLACES = ("Lomé", "Kara", "Sokodé", "Atakpamé")


def rows(count: int, ministries: int) -> Iterator[tuple[str, ...]]:
    """The header, then accounts spread evenly; the same numbers always give the same rows."""
    yield HEADER
    for number in range(1, count + 1):
        ministry = number % ministries + 1
        directorate = number // ministries % DIRECTORATES + 1
        office = number // (ministries * DIRECTORATES) % OFFICES + 1
        domain = f"ministere{ministry:02}.gouv.tg"
        yield (
            f"agent{number:05}@{domain}",
            f"Agent {number:05}",
            f"Ministère {ministry:02}/Direction {directorate}/Bureau {office}",
            f"E-{number:06}",
            "Chef de bureau" if number % 20 == 0 else "Agent",
            _GRADES[number % len(_GRADES)],
            _PLACES[number % len(_PLACES)],
        )
