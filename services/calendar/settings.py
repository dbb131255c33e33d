"""What calendar is told by its environment."""

from pydantic import Field

from chassis.daemons import PLACE
from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Beside what every service is told."""

    mongodb_database: str = "calendar"
    bucket: str = "calendar"
    # Of calendars that were given none: a name of the tz database.
    time_zone: str = Field("Africa/Lome", pattern=r"^[A-Za-z0-9_+/-]{1,64}$")
    # The domain of the addresses of rooms and equipment: one in which directory gives nobody an address.
    resource_domain: str = Field("ressources.gouv.tg", pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")
    # How long deletions are told to clients that come back; after that they compare all names.
    deletions_kept_days: int = Field(90, ge=1, le=3650)
    # Octets of the files that may be attached in the calendars of one owner.
    attachment_octets: int = Field(1024**3, ge=0)
    # ClamAV's daemon, "host:port" or the path of its socket: every file is shown to it before it is taken.
    clamd: str = Field("", pattern=PLACE)
    # How far ahead instances of what recurs are known without expanding it.
    horizon_days: int = Field(3 * 366, ge=60, le=20 * 366)
    # Whether calendars of other servers are fetched for those who subscribe to them; otherwise nothing is.
    subscriptions: bool = True
    # Whom to ask for their names: addresses, comma separated; none: whom the machine asks.
    dns_servers: str = Field("", pattern=r"^([0-9A-Fa-f.:]+(,[0-9A-Fa-f.:]+)*)?$")
    dns_port: int = Field(53, ge=1, le=65535)
