"""Rate limits: how often somebody may come, as a bucket of permits that fills again at a steady rate."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(slots=True)
class Bucket:
    """Permits of one caller.

    Attributes:
        left: permits now.
        filled_s: when that was computed.
    """

    left: float
    filled_s: float


class RateLimit:
    """Counts for every caller by itself; forgets the one who was quiet longest when there are too many.

    Args:
        per_s: permits a second.
        burst: permits that may be saved up.
        most_callers: how many are remembered.
    """

    def __init__(self, per_s: float, burst: float, most_callers: int = 256) -> None:
        self._per_s, self._burst, self._most = per_s, burst, most_callers
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def allows(self, caller: str, now_s: float, cost: float = 1.0) -> bool:
        """Take permits if there are enough; False, without taking any, if there are not."""
        bucket = self._buckets.pop(caller, None) or Bucket(self._burst, now_s)
        bucket.left = min(self._burst, bucket.left + self._per_s * max(0.0, now_s - bucket.filled_s))
        bucket.filled_s = now_s
        self._buckets[caller] = bucket
        while len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        if bucket.left < cost:
            return False
        bucket.left -= cost
        return True
