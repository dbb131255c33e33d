"""The microservice chassis: all that services share, and nothing of any domain."""

from chassis.blocking import in_worker, run_blocking

__all__ = ["in_worker", "run_blocking"]
