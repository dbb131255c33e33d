"""The stubs of the rpcs that operators use."""

from cli.stubs.calendar import CalendarStubs
from cli.stubs.directory import DirectoryStubs
from cli.stubs.mail import MailStubs

__all__ = ["CalendarStubs", "DirectoryStubs", "MailStubs"]
