"""Files attached to events: kept, opened, told to attendees, forgotten."""
