"""Programs of `tests/interop/dav/requirements.in`, which `make .venv-dav/stamp` installs beside the product's own."""

from pathlib import Path

FOLDER = Path(__file__).parents[1] / ".venv-dav" / "bin"
HOW = "make .venv-dav/stamp"


def program(name: str) -> Path | None:
    """Where it is; None where it was not installed."""
    path = FOLDER / name
    return path if path.exists() else None
