"""`workspace status`."""

import asyncio
import json
import urllib.error
import urllib.request
from typing import Any

import click

from cli.failures import Refused, Unreachable, command
from cli.output import as_json, show
from cli.place import place

SECONDS = 2.0
READY, STARTING, DOWN = "ready", "not ready", "down"


@click.command()
@as_json
@command
async def status(in_json: bool) -> None:
    """Show each process of the local stack, its health and its addresses."""
    processes = place().processes()
    if not processes:
        raise Unreachable(f"no local stack in {place().var}; start one with `make run`")
    health = await asyncio.gather(*(asyncio.to_thread(_health, str(process.get("ops", ""))) for process in processes))
    rows = [_row(process, *found) for process, found in zip(processes, health, strict=True)]
    show(rows, ["process", "health", "addresses", "ops", "waiting_for"], in_json=in_json)
    states = {row["health"] for row in rows}
    if states == {DOWN}:
        raise Unreachable("no process answers")
    if states != {READY}:
        raise Refused("not every process is ready")


def _row(process: dict[str, Any], health: str, waiting: list[str]) -> dict[str, Any]:
    listens = process.get("listens")
    addresses = [f"{name} {where}" for name, where in listens.items()] if isinstance(listens, dict) else []
    return {
        "process": process.get("name", ""),
        "service": process.get("service", ""),
        "kind": process.get("kind", ""),
        "health": health,
        "addresses": addresses,
        "ops": process.get("ops", ""),
        "waiting_for": waiting,
    }


def _health(ops: str) -> tuple[str, list[str]]:
    """What `/readyz` says, and the parts that are not ready."""
    if not ops:
        return DOWN, []
    try:
        with urllib.request.urlopen(f"http://{ops}/readyz", timeout=SECONDS) as answer:
            answer.read()
            return READY, []
    except urllib.error.HTTPError as error:
        return STARTING, _not_ready(error.read(65536))
    except (OSError, ValueError):
        return DOWN, []


def _not_ready(body: bytes) -> list[str]:
    try:
        parts = json.loads(body)
    except ValueError:
        return []
    if not isinstance(parts, dict):
        return []
    return [str(name) for name, ready in parts.items() if ready is False]
