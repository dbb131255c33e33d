"""The parts of a message that hold no others: which is the text, and which are attachments."""

import re

from services.mail.domain.mime.description import Attachment
from services.mail.domain.mime.fields import unfolded
from services.mail.domain.mime.parameters import disposition, parameter
from services.mail.domain.mime.structure import Kind, Part

# RFC 8098 §3.1, RFC 6533 §6.
_NOTIFICATIONS = frozenset(("disposition-notification", "global-disposition-notification"))
# RFC 3464 §2, RFC 6533 §6.
_STATUSES = frozenset(("delivery-status", "global-delivery-status"))
# RFC 5545 §3.7.2, an iana-token.
_METHOD = re.compile(r"[A-Z0-9-]{1,40}")


class Leaf:
    """A part that holds no others, with what its header says of how it is meant.

    `alternative`: it stands beside others that say the same; `within`: it, or what it is in, does.
    """

    __slots__ = ("alternative", "disposition", "filename", "part", "path", "within")

    def __init__(self, path: str, part: Part, alternative: bool, within: bool) -> None:
        self.path, self.part, self.alternative, self.within = path, part, alternative, within
        value = part.fields.get(b"content-disposition")
        read = disposition(unfolded(value)) if value else None
        self.disposition = read[0] if read else ""
        named = (parameter(read[1], "filename") if read else "") or parameter(part.parameters, "name")
        # A name, never a path of the sender's or of ours.
        self.filename = named.replace("\\", "/").rpartition("/")[2].strip()[:255]

    @property
    def readable(self) -> bool:
        part = self.part
        return (
            part.maintype == "text"
            and part.subtype in ("plain", "html", "enriched")
            and self.disposition != "attachment"
            and not self.filename
        )


class Leaves:
    """The leaves of a message in order; an embedded message is one."""

    def __init__(self, root: Part) -> None:
        self._root = root
        self._found: list[Leaf] = []
        if root.kind is Kind.MULTIPART:
            self._walk(root, "", within=False)
        else:
            self._found.append(Leaf("1", root, False, False))

    def _walk(self, part: Part, path: str, *, within: bool) -> None:
        alternative = part.subtype == "alternative"
        for number, child in enumerate(part.children, 1):
            if child.kind is Kind.MULTIPART:
                self._walk(child, f"{path}{number}.", within=within or alternative)
            else:
                self._found.append(Leaf(f"{path}{number}", child, alternative, within or alternative))

    def text(self) -> tuple[str, Part] | None:
        """The text to show: the first plain one, else the first of another kind."""
        readable = [leaf for leaf in self._found if leaf.readable]
        readable = [leaf for leaf in readable if leaf.part.body_length] or readable
        plain = (leaf for leaf in readable if leaf.part.subtype == "plain")
        best = next(plain, readable[0] if readable else None)
        return (best.path, best.part) if best else None

    def html(self) -> tuple[str, Part] | None:
        """The HTML that says what the text says, or is the text itself; None when there is only plain text."""
        text = self.text()
        if text is not None and text[1].subtype == "html":
            return text
        found = (leaf for leaf in self._found if leaf.readable and leaf.within and leaf.part.subtype == "html")
        best = next((leaf for leaf in found if leaf.part.body_length), None)
        return (best.path, best.part) if best else None

    def calendar(self) -> tuple[str, Part, str] | None:
        """The first part that is for the calendar, with its method (RFC 6047 §2.4)."""
        for leaf in self._found:
            if leaf.part.maintype == "text" and leaf.part.subtype == "calendar" and leaf.part.body_length:
                method = parameter(leaf.part.parameters, "method").strip().upper()
                if _METHOD.fullmatch(method):
                    return leaf.path, leaf.part, method
        return None

    def notification(self) -> tuple[str, Part] | None:
        """What a receipt says to machines."""
        return self._report("disposition-notification", _NOTIFICATIONS)

    def delivery_status(self) -> tuple[str, Part] | None:
        """What a report of what became of a letter says to machines."""
        return self._report("delivery-status", _STATUSES)

    def _report(self, kind: str, subtypes: frozenset[str]) -> tuple[str, Part] | None:
        root = self._root
        if (root.maintype, root.subtype) != ("multipart", "report"):
            return None
        if parameter(root.parameters, "report-type").strip().lower() != kind:
            return None
        parts = ((leaf.path, leaf.part) for leaf in self._found if leaf.part.maintype == "message")
        return next((each for each in parts if each[1].subtype in subtypes), None)

    def attachments(self, shown: Part | None) -> list[Attachment]:
        """Every leaf but the shown text and its alternatives."""
        return [
            Attachment(
                part=leaf.path,
                filename=leaf.filename,
                content_type=f"{leaf.part.maintype}/{leaf.part.subtype}",
                encoding=leaf.part.encoding.decode("ascii", "replace"),
                offset=leaf.part.body_start,
                length=leaf.part.body_length,
                inline=leaf.disposition == "inline" or (not leaf.disposition and not leaf.filename),
                content_id=unfolded(leaf.part.fields.get(b"content-id", b"")).decode("utf-8", "replace").strip("<> \t"),
            )
            for leaf in self._found
            if leaf.part is not shown and not (leaf.readable and leaf.alternative)
        ]
