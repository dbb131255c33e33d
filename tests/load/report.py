"""Tables that a person reads, and the CPU and memory of processes that are not ours to instrument."""

import re
import urllib.request
from collections.abc import Iterable, Sequence

import psutil


def table(title: str, rows: Iterable[Sequence[object]]) -> None:
    """Print rows under a title, columns aligned."""
    lines = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in lines) for column in range(len(lines[0]))]
    print(f"\n{title}")
    for row in lines:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.3f} ms"


def cpu(process: psutil.Process) -> float:
    """CPU seconds so far, user and system."""
    times = process.cpu_times()
    return float(times.user + times.system)


def resident(process: psutil.Process) -> int:
    """Octets of memory of its own (USS), so that shared pages do not count."""
    return int(process.memory_full_info().uss)


def counted(ops: str, metric: str, label: str = "") -> float:
    """The sum of a counter over its labels (`label`: only those with it), from `/metrics` at `host:port`."""
    with urllib.request.urlopen(f"http://{ops}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return sum(
        float(value)
        for value in re.findall(
            rf"^{metric}(?:{{[^}}]*}})? (\S+)$" if not label else rf"^{metric}{{[^}}]*{label}[^}}]*}} (\S+)$",
            text,
            re.MULTILINE,
        )
    )
