"""What of an event may cross between us and the outside: properties by name. What is not named stays where it is.

Not named are those who are invited, whose addresses nobody else may spread and in whose name nobody else may invite,
attachments, and whatever programs keep for themselves.
"""

WHEN = frozenset({
    "UID", "DTSTAMP", "DTSTART", "DTEND", "DURATION", "DUE", "RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID",
    "TRANSP", "STATUS", "SEQUENCE",
})  # fmt: skip
WORDS = frozenset({
    "SUMMARY", "DESCRIPTION", "LOCATION", "GEO", "CATEGORIES", "COLOR", "CREATED", "LAST-MODIFIED", "PRIORITY",
    "COMPLETED", "PERCENT-COMPLETE",
})  # fmt: skip
