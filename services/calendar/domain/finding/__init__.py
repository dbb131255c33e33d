"""Finding a time: when people work, what is open to others, and what suits everybody."""
