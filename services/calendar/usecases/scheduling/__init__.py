"""Meetings between calendars: what a change of one asks to be told to others, and what others' messages change here."""

from services.calendar.usecases.scheduling.planning import Planned, plan, plan_removal

__all__ = ["Planned", "plan", "plan_removal"]
