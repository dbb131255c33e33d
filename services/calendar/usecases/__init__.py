"""What calendar does, a verb a file."""
