"""The words of letters about meetings, in both languages of the administration: French first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.calendar.domain.moments import (
    ENGLISH_DAYS,
    ENGLISH_MONTHS,
    FRENCH_DAYS,
    FRENCH_MONTHS,
    day_english,
    day_french,
)


@dataclass(frozen=True)
class Phrases:
    """One language. Days begin with Monday; `each` is a day of a list, `first`, `last` and `nth` are of a month."""

    days: tuple[str, ...]
    months: tuple[str, ...]
    date: Callable[[datetime], str]
    labels: dict[str, str]
    subjects: dict[str, str]
    openings: dict[str, str]
    changed: dict[str, str]
    every: dict[str, tuple[str, str]]
    ordinals: dict[int, str]
    on: str
    each: str
    both: str
    first: str
    last: str
    nth: str
    within: str
    until: str
    times: str
    special: str
    more: str
    all_day: str
    to: str


FRENCH = Phrases(
    days=FRENCH_DAYS,
    months=FRENCH_MONTHS,
    date=day_french,
    labels={
        "what": "Objet", "when": "Date", "where": "Lieu", "who": "Organisateur", "with": "Participants",
        "link": "Visioconférence", "repeats": "Répétition", "comment": "Commentaire",
        "was": "auparavant", "proposed": "Horaire proposé",
    },
    subjects={
        "NEW": "Invitation", "CHANGED": "Modification", "CANCEL": "Annulation", "ACCEPTED": "Accepté",
        "DECLINED": "Refusé", "TENTATIVE": "Peut-être", "DELEGATED": "Délégué", "ANSWER": "Réponse",
        "COUNTER": "Autre horaire proposé", "DECLINECOUNTER": "Proposition écartée",
        "REFRESH": "Demande de mise à jour",
        "ADD": "Séance ajoutée",
    },
    openings={
        "NEW": "{who} vous invite.",
        "CHANGED": "{who} a modifié une réunion à laquelle vous êtes invité(e).",
        "CANCEL": "{who} a annulé ce qui suit, ou vous en a retiré(e).",
        "ACCEPTED": "{who} participera.",
        "DECLINED": "{who} ne participera pas.",
        "TENTATIVE": "{who} participera peut-être.",
        "DELEGATED": "{who} se fait représenter par {to}.",
        "ANSWER": "{who} a répondu.",
        "COUNTER": "{who} propose un autre horaire.",
        "DECLINECOUNTER": "{who} maintient ce qui était prévu.",
        "REFRESH": "{who} demande l'état actuel de cette réunion.",
        "ADD": "{who} ajoute une séance.",
    },
    changed={
        "when": "la date ou l'heure", "where": "le lieu", "what": "l'objet", "repeats": "la répétition",
        "link": "le lien de visioconférence", "description": "la description", "intro": "Ce qui change : ",
    },
    every={
        "DAILY": ("chaque jour", "tous les {n} jours"), "WEEKLY": ("chaque semaine", "toutes les {n} semaines"),
        "MONTHLY": ("chaque mois", "tous les {n} mois"), "YEARLY": ("chaque année", "tous les {n} ans"),
    },
    ordinals={1: "premier", 2: "deuxième", 3: "troisième", 4: "quatrième", 5: "cinquième", -1: "dernier"},
    on=", ", each="le {}", both=" et ", first="1er", last="dernier jour", nth="{}", within=", en {}",
    until=", jusqu'au {}", times=", {} fois", special=", selon une règle particulière",
    more="et {} autres", all_day="toute la journée", to="au",
)  # fmt: skip
ENGLISH = Phrases(
    days=ENGLISH_DAYS,
    months=ENGLISH_MONTHS,
    date=day_english,
    labels={
        "what": "Subject", "when": "When", "where": "Where", "who": "Organiser", "with": "Attendees",
        "link": "Video meeting", "repeats": "Repeats", "comment": "Comment",
        "was": "before", "proposed": "Proposed time",
    },
    subjects={
        "NEW": "Invitation", "CHANGED": "Updated", "CANCEL": "Cancelled", "ACCEPTED": "Accepted",
        "DECLINED": "Declined", "TENTATIVE": "Tentative", "DELEGATED": "Delegated", "ANSWER": "Answer",
        "COUNTER": "New time proposed", "DECLINECOUNTER": "Proposal declined", "REFRESH": "Update requested",
        "ADD": "Instance added",
    },
    openings={
        "NEW": "{who} invites you.",
        "CHANGED": "{who} changed a meeting to which you are invited.",
        "CANCEL": "{who} cancelled this, or took you off it.",
        "ACCEPTED": "{who} will attend.",
        "DECLINED": "{who} will not attend.",
        "TENTATIVE": "{who} may attend.",
        "DELEGATED": "{who} sends {to} instead.",
        "ANSWER": "{who} answered.",
        "COUNTER": "{who} proposes another time.",
        "DECLINECOUNTER": "{who} leaves it as it was.",
        "REFRESH": "{who} asks how this meeting stands.",
        "ADD": "{who} adds an instance.",
    },
    changed={
        "when": "the date or time", "where": "the place", "what": "the subject", "repeats": "how it repeats",
        "link": "the link of the video meeting", "description": "the description", "intro": "What changes: ",
    },
    every={
        "DAILY": ("every day", "every {n} days"), "WEEKLY": ("every week", "every {n} weeks"),
        "MONTHLY": ("every month", "every {n} months"), "YEARLY": ("every year", "every {n} years"),
    },
    ordinals={
        1: "the first", 2: "the second", 3: "the third", 4: "the fourth", 5: "the fifth", -1: "the last",
    },
    on=", on ", each="{}", both=" and ", first="day 1", last="the last day", nth="day {}", within=", in {}",
    until=", until {}", times=", {} times", special=", by a special rule",
    more="and {} more", all_day="all day", to="to",
)  # fmt: skip
