"""`python -m tests.load [name ...]`: all of `BENCHMARKS`, or some."""

import sys
from collections.abc import Callable

from tests.load import (
    accounts,
    address_book,
    calendar_busy,
    calendar_reminders,
    calendars,
    imap_idle,
    imap_listing,
    imap_mailbox,
    ldap_searches,
    searches,
    smtp_reception,
    transcoding,
)

BENCHMARKS: dict[str, Callable[[], None]] = {
    "accounts": accounts.run,
    "transcoding": transcoding.run,
    "smtp": smtp_reception.run,
    "imap": imap_listing.run,
    "idle": imap_idle.run,
    "mailbox": imap_mailbox.run,
    "search": searches.run,
    "people": address_book.run,
    "ldap": ldap_searches.run,
    "calendar": calendars.run,
    "busy": calendar_busy.run,
    "reminders": calendar_reminders.run,
}


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        sys.exit(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    for name in names or BENCHMARKS:
        BENCHMARKS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
