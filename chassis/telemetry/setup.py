"""What `launch` calls before anything is wired."""

from chassis.settings import ServiceSettings
from chassis.telemetry.logs import configure_logs
from chassis.telemetry.traces import configure_traces


def setup(service: str, kind: str, settings: ServiceSettings) -> None:
    """Configure the logs and traces of this process."""
    configure_logs(service, kind, settings.log_level)
    configure_traces(service, kind, settings.otlp_endpoint, settings.trace_file)
