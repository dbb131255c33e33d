"""`python -m deploy.local run|up|down`; `make` says what each does."""

import sys

from deploy.local.layout import CannotStart, layout
from deploy.local.stack import main

if __name__ == "__main__":
    try:
        main(layout())
    except CannotStart as error:
        sys.exit(f"local stack: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
