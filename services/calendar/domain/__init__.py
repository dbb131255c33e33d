"""What a calendar, an event and a scheduling message are, and the rules they keep."""
