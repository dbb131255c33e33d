"""The stubs of the rpcs that operators use."""

from cli.stubs.directory import DirectoryStubs
from cli.stubs.mail import MailStubs

__all__ = ["DirectoryStubs", "MailStubs"]
