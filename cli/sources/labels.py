"""Labels of Gmail's archives (Takeout): which of them is a folder here, and which a flag."""

from email.header import decode_header, make_header

# In English and in French, lower case.
_FOLDERS = {
    "inbox": "INBOX", "boîte de réception": "INBOX",
    "sent": "Sent", "messages envoyés": "Sent",
    "drafts": "Drafts", "brouillons": "Drafts",
    "trash": "Trash", "corbeille": "Trash",
    "spam": "Junk",
    "archived": "Archive", "messages archivés": "Archive", "archivés": "Archive",
}  # fmt: skip
_FLAGS = {"starred": "\\Flagged", "suivis": "\\Flagged", "important": "$Important", "importants": "$Important"}
_UNREAD = frozenset({"unread", "non lus"})
_READ = frozenset({"opened", "ouvert", "ouverts"})


def folder_and_flags(labels: str, otherwise: str) -> tuple[str, set[str]]:
    """Of a letter's labels. One that its owner made comes before those that all have."""
    try:
        text = str(make_header(decode_header(labels)))
    except (ValueError, LookupError):
        text = labels
    names = [each.strip().strip('"').strip() for each in text.replace("\r", "").replace("\n", "").split(",")]
    lower = {each.lower() for each in names if each}
    flags = {_FLAGS[each] for each in lower if each in _FLAGS}
    if not lower & _UNREAD:
        flags.add("\\Seen")
    known = _FOLDERS.keys() | _FLAGS.keys() | _UNREAD | _READ
    shelves = ("category ", "catégorie")
    own = [each for each in names if each and each.lower() not in known and not each.lower().startswith(shelves)]
    shared = [_FOLDERS[each] for each in lower if each in _FOLDERS]
    for one in ("Trash", "Junk"):
        if one in shared:
            return one, flags
    if own:
        return own[0], flags
    return min(shared, key=_nearest, default=otherwise), flags


def _nearest(folder: str) -> int:
    return ("INBOX", "Drafts", "Sent", "Archive").index(folder)
