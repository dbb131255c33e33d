"""Events and tasks as fields, for people who do not read iCalendar: read from its lines, and written as changes of
them, so that what nobody here understands stays."""
