"""What passwords cost in tests: each of directory's has half a dozen people, who are made and log in."""

from services.directory import hashing

TRUE = {"MEMORY_KIB": hashing.MEMORY_KIB, "ITERATIONS": hashing.ITERATIONS}
CHEAP = {"MEMORY_KIB": 64, "ITERATIONS": 1}


def cost(price: dict[str, int]) -> None:
    """From now on, for hashers that are made in this process."""
    for name, value in price.items():
        setattr(hashing, name, value)
