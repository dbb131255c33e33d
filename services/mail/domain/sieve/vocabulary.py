"""What commands and tests there are, what each takes, and by which extension it is known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from services.mail.domain.sieve import sound
from services.mail.domain.sieve.sound import Wrong

# By the names that `require` and ManageSieve's SIEVE capability use.
EXTENSIONS: tuple[str, ...] = (
    "body",
    "comparator-i;ascii-numeric",
    "comparator-i;unicode-casemap",
    "copy",
    "date",
    "duplicate",
    "editheader",
    "encoded-character",
    "enotify",
    "envelope",
    "environment",
    "ereject",
    "fileinto",
    "imap4flags",
    "index",
    "mailbox",
    "reject",
    "relational",
    "special-use",
    "subaddress",
    "vacation",
    "vacation-seconds",
    "variables",
)
# What may be required and is there anyway (RFC 5228 §2.7.3).
ALWAYS = frozenset({"comparator-i;octet", "comparator-i;ascii-casemap"})
# Methods of `notify`, for ManageSieve's NOTIFY capability.
NOTIFY_METHODS = ("mailto",)


class Takes(Enum):
    """What an argument is."""

    STRING = "string"
    STRINGS = "strings"
    NUMBER = "number"


Sound = Callable[[str], Wrong]


def _anything(_given: str) -> Wrong:
    return None


@dataclass(frozen=True, slots=True)
class Argument:
    """One by position. `sound` looks at each string that does not depend on variables."""

    takes: Takes
    sound: Sound = _anything


@dataclass(frozen=True, slots=True)
class Option:
    """One by its tag. Of one `group` a command has one at most."""

    group: str
    takes: Takes | None = None
    extension: str = ""
    sound: Sound = _anything
    # The least that a number may be.
    least: int = 0


@dataclass(frozen=True, slots=True)
class Word:
    """A command or a test."""

    arguments: tuple[Argument, ...] = ()
    options: Mapping[str, Option] = field(default_factory=dict)
    extensions: tuple[str, ...] = ()
    # Fewest and most tests behind it, None when it takes none.
    tests: tuple[int, int] | None = None
    block: bool = False
    # The first argument may be left out where this extension is required; the last one always.
    first_needs: str = ""
    open_ended: bool = False


_STRING, _STRINGS, _NUMBER = Argument(Takes.STRING), Argument(Takes.STRINGS), Argument(Takes.NUMBER)
_MATCH = {
    "is": Option("match"),
    "contains": Option("match"),
    "matches": Option("match"),
    "count": Option("match", Takes.STRING, "relational", sound.relation),
    "value": Option("match", Takes.STRING, "relational", sound.relation),
    "comparator": Option("comparator", Takes.STRING, "", sound.comparator),
}
_PART = {
    "localpart": Option("part"),
    "domain": Option("part"),
    "all": Option("part"),
    "user": Option("part", None, "subaddress"),
    "detail": Option("part", None, "subaddress"),
}
_INDEX = {
    "index": Option("index", Takes.NUMBER, "index", least=1),
    "last": Option("last", None, "index"),
}
_FLAGS = {"flags": Option("flags", Takes.STRINGS, "imap4flags")}
_COPY = {"copy": Option("copy", None, "copy")}
_ZONE = {"zone": Option("zone", Takes.STRING, "", sound.zone)}
_EDITED = {
    "index": Option("index", Takes.NUMBER, least=1),
    "last": Option("last"),
}
_MANY = (1, 2000)

COMMANDS: dict[str, Word] = {
    "require": Word((_STRINGS,)),
    "if": Word(tests=(1, 1), block=True),
    "elsif": Word(tests=(1, 1), block=True),
    "else": Word(block=True),
    "stop": Word(),
    "keep": Word(options=_FLAGS),
    "discard": Word(),
    "redirect": Word((Argument(Takes.STRING, sound.address),), _COPY),
    "fileinto": Word(
        (Argument(Takes.STRING, sound.mailbox),),
        {
            **_COPY,
            **_FLAGS,
            "create": Option("create", None, "mailbox"),
            "specialuse": Option("specialuse", Takes.STRING, "special-use", sound.special_use),
        },
        ("fileinto",),
    ),
    "reject": Word((_STRING,), {}, ("reject",)),
    "ereject": Word((_STRING,), {}, ("ereject",)),
    "set": Word(
        (_STRING, _STRING),
        {
            "lower": Option("case"),
            "upper": Option("case"),
            "lowerfirst": Option("first"),
            "upperfirst": Option("first"),
            "quotewildcard": Option("quote"),
            "encodeurl": Option("url", None, "enotify"),
            "length": Option("length"),
        },
        ("variables",),
    ),
    "setflag": Word((_STRING, _STRINGS), {}, ("imap4flags",), first_needs="variables"),
    "addflag": Word((_STRING, _STRINGS), {}, ("imap4flags",), first_needs="variables"),
    "removeflag": Word((_STRING, _STRINGS), {}, ("imap4flags",), first_needs="variables"),
    "vacation": Word(
        (_STRING,),
        {
            "days": Option("period", Takes.NUMBER),
            "seconds": Option("period", Takes.NUMBER, "vacation-seconds"),
            "subject": Option("subject", Takes.STRING),
            "from": Option("from", Takes.STRING, "", sound.address),
            "addresses": Option("addresses", Takes.STRINGS, "", sound.address),
            "mime": Option("mime"),
            "handle": Option("handle", Takes.STRING),
        },
        ("vacation", "vacation-seconds"),
    ),
    "addheader": Word((Argument(Takes.STRING, sound.field_name), _STRING), {"last": Option("last")}, ("editheader",)),
    "deleteheader": Word(
        (Argument(Takes.STRING, sound.field_name), _STRINGS), {**_EDITED, **_MATCH}, ("editheader",), open_ended=True
    ),
    "notify": Word(
        (Argument(Takes.STRING, sound.method),),
        {
            "from": Option("from", Takes.STRING, "", sound.address),
            "importance": Option("importance", Takes.STRING, "", sound.importance),
            "options": Option("options", Takes.STRINGS),
            "message": Option("message", Takes.STRING),
        },
        ("enotify",),
    ),
}

TESTS: dict[str, Word] = {
    "true": Word(),
    "false": Word(),
    "not": Word(tests=(1, 1)),
    "allof": Word(tests=_MANY),
    "anyof": Word(tests=_MANY),
    "exists": Word((Argument(Takes.STRINGS, sound.field_name),)),
    "size": Word((_NUMBER,), {"over": Option("limit"), "under": Option("limit")}),
    "header": Word((Argument(Takes.STRINGS, sound.field_name), _STRINGS), {**_MATCH, **_INDEX}),
    "address": Word((Argument(Takes.STRINGS, sound.address_field), _STRINGS), {**_MATCH, **_PART, **_INDEX}),
    "envelope": Word((Argument(Takes.STRINGS, sound.envelope_part), _STRINGS), {**_MATCH, **_PART}, ("envelope",)),
    "string": Word((_STRINGS, _STRINGS), _MATCH, ("variables",)),
    "hasflag": Word((_STRINGS, _STRINGS), _MATCH, ("imap4flags",), first_needs="variables"),
    "date": Word(
        (Argument(Takes.STRING, sound.field_name), Argument(Takes.STRING, sound.date_part), _STRINGS),
        {**_MATCH, **_INDEX, **_ZONE, "originalzone": Option("zone")},
        ("date",),
    ),
    "currentdate": Word((Argument(Takes.STRING, sound.date_part), _STRINGS), {**_MATCH, **_ZONE}, ("date",)),
    "body": Word(
        (_STRINGS,),
        {
            **_MATCH,
            "raw": Option("transform"),
            "content": Option("transform", Takes.STRINGS),
            "text": Option("transform"),
        },
        ("body",),
    ),
    "mailboxexists": Word((_STRINGS,), {}, ("mailbox",)),
    "specialuse_exists": Word((_STRING, _STRINGS), {}, ("special-use",), first_needs="special-use"),
    "duplicate": Word(
        (),
        {
            "handle": Option("handle", Takes.STRING),
            "header": Option("id", Takes.STRING, "", sound.field_name),
            "uniqueid": Option("id", Takes.STRING),
            "seconds": Option("seconds", Takes.NUMBER),
            "last": Option("last"),
        },
        ("duplicate",),
    ),
    "environment": Word((_STRING, _STRINGS), _MATCH, ("environment",)),
    "valid_notify_method": Word((_STRINGS,), {}, ("enotify",)),
    "notify_method_capability": Word((_STRING, _STRING, _STRINGS), _MATCH, ("enotify",)),
}
