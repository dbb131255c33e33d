"""`python -m services.calendar api|worker`."""

from chassis.launch import launch

if __name__ == "__main__":
    launch("services.calendar", ["api", "worker"])
