"""MongoDB as the services use it: one way to connect, declared indexes, one way to do a transaction."""

from chassis.documents.connect import Database, DocumentsPart, connect
from chassis.documents.explain import QueryRecorder, scans
from chassis.documents.indexes import Index, ensure_indexes
from chassis.documents.transaction import transaction

__all__ = [
    "Database",
    "DocumentsPart",
    "Index",
    "QueryRecorder",
    "connect",
    "ensure_indexes",
    "scans",
    "transaction",
]
