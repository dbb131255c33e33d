"""`python -m services.mail api|worker|smtp|imap|managesieve|relay`."""

from chassis.launch import launch

if __name__ == "__main__":
    launch("services.mail", ["api", "worker", "smtp", "imap", "managesieve", "relay"])
