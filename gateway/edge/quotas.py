"""How much clients may ask that act for themselves: each as its tokens say, so that nobody has to be asked."""

from chassis.rates import Allowance, Rate

_MINUTE, _DAY = 60.0, 86_400.0


class Quotas:
    """Counts by client, within the minute and within the day; each gateway process for itself."""

    def __init__(self) -> None:
        # Few: clients share limits.
        self._rates: dict[tuple[int, float], Rate] = {}

    def try_take(self, client_id: str, a_minute: int, a_day: int) -> Allowance:
        """What is left of the tighter one."""
        day = self._rate("client-day", a_day, _DAY).try_take(client_id)
        if day.retry_after:
            return day
        return self._rate("client", a_minute, _MINUTE).try_take(client_id)

    def _rate(self, policy: str, limit: int, seconds: float) -> Rate:
        rate = self._rates.get((limit, seconds))
        if rate is None:
            rate = self._rates[limit, seconds] = Rate(policy, max(1, limit), seconds=seconds)
        return rate
