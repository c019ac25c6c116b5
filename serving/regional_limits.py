"""The limits on the gain of regions, as the service knows them: read again each day and minute."""

from datetime import datetime, timedelta

from models.regional_limits import ByRegion
from serving.store.engine import Store
from serving.store.planning import read_gain_limits

# a limit holds from the day after it was set on, so one reading a day would do but for who set it
# in the last second of a day
FRESH = timedelta(minutes=1)


class RegionalLimits:
    """Gives the limits of regions to who assesses, without asking the store for each case."""

    def __init__(self, store: Store) -> None:
        """Prepare; nothing is read before it is needed."""
        self._store = store
        self._read: tuple[datetime, ByRegion] | None = None

    def get(self, now: datetime) -> ByRegion:
        """Return the limits of regions; raises StoreGoneError when they cannot be read."""
        held = self._read
        if held is not None:
            at, known = held
            if at <= now < at + FRESH and at.date() == now.date():
                return known
        with self._store.reading() as connection:
            known = read_gain_limits(connection)
        self._read = (now, known)
        return known
