"""Text that wraps as wide as its reader's window: format=flowed (RFC 3676)."""

import re
from collections.abc import Iterator

WIDTH = 76
# A word that is longer is left whole: lines may have 998 octets (RFC 5322 §2.1.1), which quoted-printable sees to.
_QUOTED = re.compile(r"((?:> ?)+)(.*)")


def flowed(text: str) -> str:
    """Lines of at most 76 characters where words allow it, a blank before soft ends. Quotations keep their depth."""
    return "".join(f"{line}\n" for paragraph in _lines(text) for line in _wrapped(paragraph))


def _lines(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def _wrapped(line: str) -> Iterator[str]:
    quoted = _QUOTED.fullmatch(line)
    mark, words = (">" * quoted[1].count(">"), quoted[2]) if quoted else ("", line)
    # The mark of a signature is the one line that ends with a blank and is none (§4.3).
    words = words if words == "-- " else words.rstrip(" ")
    room = WIDTH - len(mark) - 1
    while len(words) > room:
        cut = words.rfind(" ", 1, room)
        cut = cut if cut > 0 else words.find(" ", room)
        if cut < 0:
            break
        # Blanks at the cut belong to the line before it.
        end = cut + 1
        while end < len(words) and words[end] == " ":
            end += 1
        yield mark + _stuffed(words[:end], mark)
        words = words[end:]
    yield mark + _stuffed(words, mark)


def _stuffed(line: str, mark: str) -> str:
    """§4.4: what a reader, or a mailbox file, would take for something else begins with a blank."""
    if mark:
        return f" {line}" if line else ""
    return f" {line}" if line.startswith((" ", ">", "From ")) else line


def unflowed(text: str) -> str:
    """The text as it was before: soft ends taken out again, stuffing too."""
    lines: list[str] = []
    going_on = ""
    for line in text.replace("\r\n", "\n").split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        words = line[depth:].removeprefix(" ")
        mark = f"{'>' * depth} " if depth and words else ">" * depth
        # A change of depth ends a paragraph whatever the blank says (§4.5).
        if lines and going_on == ">" * depth + "|":
            lines[-1] += words
        else:
            lines.append(mark + words)
        going_on = ">" * depth + "|" if words.endswith(" ") and words != "-- " else ""
    return "\n".join(lines)
