"""What commands print: a table for people, JSON for scripts."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from rich.console import Console
from rich.table import Table
from rich.text import Text

as_json = click.option("--json", "in_json", is_flag=True, help="Print JSON instead of a table.")


def plain(message: Message) -> dict[str, Any]:
    """A message as JSON has it, field names as in the proto."""
    return MessageToDict(message, preserving_proto_field_name=True)


def show(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, in_json: bool) -> None:
    """Print rows; in JSON each with all it has, in a table the columns only."""
    if in_json:
        click.echo(json.dumps([dict(row) for row in rows], ensure_ascii=False, indent=2))
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(row.get(column))) for column in columns))
    _console().print(table)


def show_one(row: Mapping[str, Any], *, in_json: bool) -> None:
    """Print one thing, a line a field."""
    if in_json:
        click.echo(json.dumps(dict(row), ensure_ascii=False, indent=2))
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in row.items():
        table.add_row(Text(name.replace("_", " "), style="bold"), Text(_cell(value)))
    _console().print(table)


def _console() -> Console:
    """As wide as the terminal; into a pipe or file as wide as a row may be, for who cuts and greps."""
    return Console() if sys.stdout.isatty() else Console(width=400)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_cell(each) for each in value)
    if isinstance(value, dict):
        return " ".join(_cell(each) for each in value.values())
    # No control characters: what a sender chose must not steer the operator's terminal.
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in str(value))
