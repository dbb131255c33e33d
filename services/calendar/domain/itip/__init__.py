"""Scheduling (iTIP, RFC 5546; RFC 6638): what a change asks to be told, and what a message does to it. No I/O."""
