"""Two people of two ministries, each with a calendar program."""

from tests.calendar.dav.conftest import client, mine, others

__all__ = ["client", "mine", "others"]
