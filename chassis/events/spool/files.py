"""A message as a file: one line of JSON about it, then its body as it is."""

import json
import os
from typing import Any

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode


class Damaged(ValueError):
    """A file that is no message, as only a crash of the machine can leave it."""


def write_message(path: str, message: dict[str, Any], *, durable: bool) -> None:
    """Write a kombu payload; on disk before this returns when `durable`."""
    body = message["body"]
    text = isinstance(body, str)
    about = {key: value for key, value in message.items() if key != "body"}
    content = _encode({**about, "text": text}).encode() + b"\n" + (body.encode() if text else bytes(body or b""))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
        if durable:
            os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def read_message(path: str) -> dict[str, Any]:
    """A kombu payload. Raises `Damaged`."""
    with open(path, "rb") as file:
        line, end, body = file.read().partition(b"\n")
    try:
        message = json.loads(line)
        if not end or type(message["properties"]) is not dict:
            raise Damaged(path)
        text = message.pop("text")
        message["body"] = body.decode() if text else body
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged(path) from error
    whole: dict[str, Any] = message
    return whole
