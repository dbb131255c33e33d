"""`python -m gateway.check_contract`: whether every rpc states what the gateway needs to serve it."""

import sys

from gateway.contract import faults
from gateway.upstreams import all_services


def main() -> int:
    found = faults(all_services())
    sys.stderr.writelines(f"{line}\n" for line in found)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
