"""Which attributes and classes there are, by each of their names (RFC 4519, RFC 2798, RFC 4512, RFC 4530, RFC 5020)."""

from dataclasses import dataclass, field

_SYNTAX = "1.3.6.1.4.1.1466.115.121.1."
# How values are compared; the names of the matching rules by which that is published.
TEXT, TELEPHONE, OID, NAME, UUID, TIME, FLAG = "text", "telephone", "oid", "name", "uuid", "time", "flag"
# A picture, which is compared with nothing and answered only where it is asked for by name.
JPEG = "jpeg"
_RULES = {
    TEXT: ("caseIgnoreMatch", "", "caseIgnoreSubstringsMatch", _SYNTAX + "15"),
    TELEPHONE: ("telephoneNumberMatch", "", "telephoneNumberSubstringsMatch", _SYNTAX + "50"),
    OID: ("objectIdentifierMatch", "", "", _SYNTAX + "38"),
    NAME: ("distinguishedNameMatch", "", "", _SYNTAX + "12"),
    UUID: ("uuidMatch", "", "", "1.3.6.1.1.16.1"),
    TIME: ("generalizedTimeMatch", "generalizedTimeOrderingMatch", "", _SYNTAX + "24"),
    FLAG: ("booleanMatch", "", "", _SYNTAX + "7"),
    JPEG: ("", "", "", _SYNTAX + "28"),
}
# The rules that an extensible filter may name, by OID too (RFC 4517), and what they compare.
RULES = {
    **{rule.lower(): kind for kind, (rule, *_) in _RULES.items() if rule},
    "2.5.13.2": TEXT, "2.5.13.20": TELEPHONE, "2.5.13.0": OID, "2.5.13.1": NAME, "1.3.6.1.1.16.2": UUID,
    "2.5.13.27": TIME, "2.5.13.13": FLAG, "caseignoreia5match": TEXT, "1.3.6.1.4.1.1466.109.114.2": TEXT,
}  # fmt: skip


@dataclass(frozen=True)
class AttributeType:
    """An attribute as it is published; `name` is how it is answered."""

    name: str
    oid: str
    kind: str = TEXT
    aliases: tuple[str, ...] = ()
    operational: bool = False
    single: bool = False
    octets: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "octets", self.name.encode("ascii"))

    @property
    def ordered(self) -> bool:
        return bool(_RULES[self.kind][1])

    @property
    def comparable(self) -> bool:
        return bool(_RULES[self.kind][0])

    @property
    def in_parts(self) -> bool:
        """Whether parts of its values can be asked for."""
        return bool(_RULES[self.kind][2])

    def described(self) -> str:
        """RFC 4512 §4.1.2."""
        equality, ordering, substrings, syntax = _RULES[self.kind]
        names = " ".join(f"'{name}'" for name in (self.name, *self.aliases))
        return "".join(
            (
                f"( {self.oid} NAME ", f"( {names} )" if self.aliases else names,
                f" EQUALITY {equality}" if equality else "",
                f" ORDERING {ordering}" if ordering else "", f" SUBSTR {substrings}" if substrings else "",
                f" SYNTAX {syntax}", " SINGLE-VALUE" if self.single else "",
                " NO-USER-MODIFICATION USAGE directoryOperation" if self.operational else "", " )",
            )
        )  # fmt: skip


def _operational(name: str, oid: str, kind: str = TEXT, *, single: bool = False) -> AttributeType:
    return AttributeType(name, oid, kind, operational=True, single=single)


ATTRIBUTES = (
    AttributeType("objectClass", "2.5.4.0", OID),
    AttributeType("uid", "0.9.2342.19200300.100.1.1", aliases=("userid",)),
    AttributeType("cn", "2.5.4.3", aliases=("commonName",)),
    AttributeType("sn", "2.5.4.4", aliases=("surname",)),
    AttributeType("givenName", "2.5.4.42", aliases=("gn",)),
    AttributeType("displayName", "2.16.840.1.113730.3.1.241", single=True),
    AttributeType("mail", "0.9.2342.19200300.100.1.3", aliases=("rfc822Mailbox",)),
    AttributeType("telephoneNumber", "2.5.4.20", TELEPHONE),
    AttributeType("mobile", "0.9.2342.19200300.100.1.41", TELEPHONE, ("mobileTelephoneNumber",)),
    AttributeType("title", "2.5.4.12"),
    AttributeType("ou", "2.5.4.11", aliases=("organizationalUnitName",)),
    AttributeType("o", "2.5.4.10", aliases=("organizationName",)),
    AttributeType("dc", "0.9.2342.19200300.100.1.25", aliases=("domainComponent",), single=True),
    AttributeType("l", "2.5.4.7", aliases=("localityName",)),
    AttributeType("businessCategory", "2.5.4.15"),
    AttributeType("departmentNumber", "2.16.840.1.113730.3.1.2"),
    AttributeType("employeeNumber", "2.16.840.1.113730.3.1.3", single=True),
    AttributeType("employeeType", "2.16.840.1.113730.3.1.4"),
    AttributeType("preferredLanguage", "2.16.840.1.113730.3.1.39", single=True),
    AttributeType("description", "2.5.4.13"),
    AttributeType("member", "2.5.4.31", NAME),
    AttributeType("roleOccupant", "2.5.4.33", NAME),
    AttributeType("jpegPhoto", "0.9.2342.19200300.100.1.60", JPEG),
    # Nobody has them here; clients that check names against the schema ask for them all the same.
    AttributeType("initials", "2.5.4.43"),
    AttributeType("street", "2.5.4.9", aliases=("streetAddress",)),
    AttributeType("st", "2.5.4.8", aliases=("stateOrProvinceName",)),
    AttributeType("postalCode", "2.5.4.17"),
    AttributeType("postalAddress", "2.5.4.16"),
    AttributeType("physicalDeliveryOfficeName", "2.5.4.19"),
    AttributeType("facsimileTelephoneNumber", "2.5.4.23", TELEPHONE, ("fax",)),
    AttributeType("homePhone", "0.9.2342.19200300.100.1.20", TELEPHONE, ("homeTelephoneNumber",)),
    AttributeType("pager", "0.9.2342.19200300.100.1.42", TELEPHONE, ("pagerTelephoneNumber",)),
    _operational("entryUUID", "1.3.6.1.1.16.4", UUID, single=True),
    _operational("entryDN", "1.3.6.1.1.20", NAME, single=True),
    _operational("createTimestamp", "2.5.18.1", TIME, single=True),
    _operational("modifyTimestamp", "2.5.18.2", TIME, single=True),
    _operational("structuralObjectClass", "2.5.21.9", OID, single=True),
    _operational("hasSubordinates", "2.5.18.9", FLAG, single=True),
    _operational("subschemaSubentry", "2.5.18.10", NAME, single=True),
    _operational("memberOf", "1.2.840.113556.1.2.102", NAME),
    _operational("namingContexts", "1.3.6.1.4.1.1466.101.120.5", NAME),
    _operational("supportedLDAPVersion", "1.3.6.1.4.1.1466.101.120.15"),
    _operational("supportedControl", "1.3.6.1.4.1.1466.101.120.13", OID),
    _operational("supportedExtension", "1.3.6.1.4.1.1466.101.120.7", OID),
    _operational("supportedFeatures", "1.3.6.1.4.1.4203.1.3.5", OID),
    _operational("supportedSASLMechanisms", "1.3.6.1.4.1.1466.101.120.14"),
    _operational("attributeTypes", "2.5.21.5"),
    _operational("objectClasses", "2.5.21.6"),
    _operational("vendorName", "1.3.6.1.1.4", single=True),
)
BY_NAME = {key.lower(): each for each in ATTRIBUTES for key in (each.name, each.oid, *each.aliases)}

PERSON_CLASSES = ("top", "person", "organizationalPerson", "inetOrgPerson")
UNIT_CLASSES = ("top", "organizationalUnit")
BASE_CLASSES = ("top", "dcObject", "organization")
GROUP_CLASSES = ("top", "groupOfNames")
# Beside what the class allows it has a mail address (RFC 4512 §4.3).
FUNCTION_CLASSES = ("top", "organizationalRole", "extensibleObject")
_CLASSES = (
    "( 2.5.6.0 NAME 'top' ABSTRACT MUST objectClass )",
    "( 2.5.6.6 NAME 'person' SUP top STRUCTURAL MUST ( sn $ cn ) MAY telephoneNumber )",
    "( 2.5.6.7 NAME 'organizationalPerson' SUP person STRUCTURAL MAY ( title $ ou $ l ) )",
    "( 2.16.840.1.113730.3.2.2 NAME 'inetOrgPerson' SUP organizationalPerson STRUCTURAL MAY ( businessCategory $ "
    "departmentNumber $ displayName $ employeeNumber $ employeeType $ givenName $ jpegPhoto $ mail $ mobile $ o $ "
    "preferredLanguage $ uid ) )",
    "( 2.5.6.5 NAME 'organizationalUnit' SUP top STRUCTURAL MUST ou MAY ( businessCategory $ l $ telephoneNumber ) )",
    "( 2.5.6.4 NAME 'organization' SUP top STRUCTURAL MUST o MAY ( businessCategory $ l $ telephoneNumber ) )",
    "( 1.3.6.1.4.1.1466.344 NAME 'dcObject' SUP top AUXILIARY MUST dc )",
    "( 2.5.6.9 NAME 'groupOfNames' SUP top STRUCTURAL MUST ( member $ cn ) MAY ( description $ o $ ou ) )",
    "( 2.5.6.8 NAME 'organizationalRole' SUP top STRUCTURAL MUST cn MAY ( description $ ou $ roleOccupant ) )",
    "( 1.3.6.1.4.1.1466.101.120.111 NAME 'extensibleObject' SUP top AUXILIARY )",
    "( 2.5.20.1 NAME 'subschema' AUXILIARY MAY ( attributeTypes $ objectClasses ) )",
)
SUBSCHEMA = {
    "objectClass": ("top", "subschema"),
    "cn": ("Subschema",),
    "attributeTypes": tuple(each.described() for each in ATTRIBUTES),
    "objectClasses": _CLASSES,
}
SUBSCHEMA_NAME = "cn=Subschema"


def known(name: str) -> AttributeType | None:
    """The attribute of a name, an alias or an OID; none has options (";lang-fr") here."""
    return BY_NAME.get(name.lower())
