"""Calendar: calendars, the events and tasks in them, and what people, rooms and other servers say of them."""
