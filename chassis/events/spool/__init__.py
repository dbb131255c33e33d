"""The embedded broker: a kombu transport on a folder, in the manner of a maildir. At least once, like the real one."""

from kombu.transport import TRANSPORT_ALIASES

TRANSPORT_ALIASES["spool"] = "chassis.events.spool.transport:Transport"
