"""`python -m services.directory api|worker|ldap`."""

from chassis.launch import launch

if __name__ == "__main__":
    launch("services.directory", ["api", "worker", "ldap"])
