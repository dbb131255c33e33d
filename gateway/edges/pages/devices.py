"""What a User-Agent says, as people call it. It is a hint for its owner, and proves nothing."""

# The first that is found: later ones imitate earlier ones, and say so.
_PROGRAMS = (
    ("Edg/", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("HeadlessChrome/", "Chromium"), ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"), ("Thunderbird/", "Thunderbird"), ("Safari/", "Safari"), ("curl/", "curl"),
)  # fmt: skip
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip
_LONGEST = 60


def device(user_agent: str) -> str:
    """ "Firefox, Windows"; the beginning of what it calls itself where we know neither; empty when it says nothing."""
    known = [
        next((name for mark, name in marks if mark in user_agent), "") for marks in (_PROGRAMS, _SYSTEMS)
    ]  # fmt: skip
    return ", ".join(filter(None, known)) or user_agent[:_LONGEST]
