"""The indexes of the OpenID Connect provider's collections."""

from chassis.documents import Index

OPENID_OUTBOXES = ("clients", "consents")

OPENID_INDEXES = (
    # What hangs on a login, and on a client: logins themselves are in neither.
    Index("sessions", (("parent", 1),), sparse=True),
    Index("sessions", (("client", 1), ("living", 1)), sparse=True),
    Index("openid_keys", (("period", 1),), unique=True),
    Index("openid_ec_keys", (("period", 1),), unique=True),
    Index("clients", (("origins", 1),), sparse=True),
    Index("clients", (("ends_sessions", 1),), sparse=True),
    Index("clients", (("buried_at", 1),), expire_seconds=0),
    Index("consents", (("account", 1),)),
    Index("consents", (("buried_at", 1),), expire_seconds=0),
    Index("codes", (("forgotten_at", 1),), expire_seconds=0),
    Index("assertions", (("forgotten_at", 1),), expire_seconds=0),
    Index("logouts", (("due_at", 1),)),
)
