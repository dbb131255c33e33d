"""What a client may be allowed: claims about a person, and parts of the workspace."""

from collections.abc import Iterable

# What each part of the workspace is called, in French and in English.
_PARTS = {
    "directory": ("l'annuaire", "the directory"),
    "mail": ("votre messagerie", "your mail"),
    "calendar": ("votre agenda", "your calendar"),
    "drive": ("vos fichiers", "your files"),
    "video": ("vos visioconférences", "your video meetings"),
}
CLAIM_SCOPES = ("openid", "profile", "email", "phone", "groups")
WORKSPACE_SCOPES = tuple(f"{part}.{act}" for part in _PARTS for act in ("read", "write"))
SCOPES = frozenset({*CLAIM_SCOPES, *WORKSPACE_SCOPES})

# Scope: what it means for people, in French and in English.
WORDS: dict[str, tuple[str, str]] = {
    "openid": ("Vous reconnaître d'une visite à l'autre", "Recognise you from one visit to the next"),
    "profile": ("Voir votre nom et votre fonction", "See your name and post"),
    "email": ("Voir votre adresse électronique", "See your mail address"),
    "phone": ("Voir vos numéros de téléphone", "See your telephone numbers"),
    "groups": ("Voir votre service, vos groupes et vos rôles", "See your unit, your groups and your roles"),
    **{f"{part}.read": (f"Consulter {french}", f"Read {english}") for part, (french, english) in _PARTS.items()},
    **{
        f"{part}.write": (f"Consulter et modifier {french}", f"Read and change {english}")
        for part, (french, english) in _PARTS.items()
    },
}


def in_order(scopes: Iterable[str]) -> tuple[str, ...]:
    """Each once, always in the same order."""
    given = set(scopes)
    return tuple(scope for scope in (*CLAIM_SCOPES, *WORKSPACE_SCOPES) if scope in given)


def reaches_workspace(scopes: Iterable[str]) -> bool:
    """Whether they open anything beside claims about the person."""
    return any(scope in WORKSPACE_SCOPES for scope in scopes)


def is_wide(scope: str) -> bool:
    """Whether it opens more than reading one's own: whatever is changed, and the whole directory."""
    return scope in WORKSPACE_SCOPES and (scope.endswith(".write") or scope == "directory.read")
