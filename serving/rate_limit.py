"""How often someone may try: attempts to log on per name and address, and requests per user."""

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from math import ceil
from threading import Lock
from typing import Protocol

from features.errors import KantelpuntError

MOST_KEYS = 50_000
# many people share the address of a hospital or an office
ADDRESS_FACTOR = 3
_IPV6_HOME = 64  # whoever has one address of IPv6 has all of such a network


class TooManyError(KantelpuntError):
    """Too many attempts or requests; `seconds` tells when to try again."""

    def __init__(self, seconds: float) -> None:
        """Keep how long to wait, in whole seconds."""
        self.seconds = max(1, ceil(seconds))
        super().__init__(f"too many requests: try again after {self.seconds} s")


class Limiter(Protocol):
    """What counts how often; one in a shared store can take the place of the one in memory."""

    def take(self, key: str) -> None:
        """Count one; raises TooManyError when there were too many lately."""

    def take_now(self, key: str) -> bool:
        """Count one as `take` does, or return False where that would have to wait for a store."""

    def give_back(self, key: str) -> None:
        """Take one off the count again."""


class MemoryLimiter:
    """Lets `per_minute` through for each key, at once or spread, and then one at a time.

    A key is one number: the moment at which its whole allowance is back. So the longest wait is
    60 / per_minute seconds, and nobody is locked out for longer by what another does.
    """

    def __init__(
        self,
        per_minute: int,
        *,
        most_keys: int = MOST_KEYS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start with a full allowance for everyone; only `most_keys` are remembered."""
        self._step = 60 / per_minute
        self._most_keys = most_keys
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self._lock = Lock()

    def take(self, key: str) -> None:
        """Count one; raises TooManyError when there were too many in the last minute."""
        with self._lock:
            now = self._clock()
            full_at = max(self._full_at.get(key, now), now) + self._step
            # a millionth of a second is rounding, not a request too many
            if (wait := full_at - now - 60) > 1e-6:
                raise TooManyError(wait)
            self._full_at[key] = full_at
            self._full_at.move_to_end(key)
            self._forget(now)

    def take_now(self, key: str) -> bool:
        """Count one; raises TooManyError as `take` does."""
        self.take(key)
        return True

    def give_back(self, key: str) -> None:
        """Take one off the count again."""
        with self._lock:
            if key in self._full_at:
                self._full_at[key] -= self._step

    def __len__(self) -> int:
        """Return how many keys are remembered."""
        return len(self._full_at)

    def _forget(self, now: float) -> None:
        """Drop the two longest unused where they have everything back, or are too many."""
        for _ in range(2):
            key, full_at = next(iter(self._full_at.items()))
            if full_at > now and len(self._full_at) <= self._most_keys:
                return
            del self._full_at[key]


class LogOnLimits:
    """Limits failed attempts per name and per address.

    A browser from which this name logged on before has a count of its own: whoever guesses
    from elsewhere cannot keep a colleague out.
    """

    def __init__(self, names: Limiter, addresses: Limiter) -> None:
        """Count with these limiters."""
        self._names = names
        self._addresses = addresses

    def take_address(self, address: str) -> None:
        """Count an attempt of which no name is known yet; raises TooManyError."""
        self._addresses.take(find_home(address))

    def give_address_back(self, address: str) -> None:
        """Take such an attempt off the count again, as it was right."""
        self._addresses.give_back(find_home(address))

    def take(self, name: str, address: str, device: str = "") -> None:
        """Count an attempt before it is checked; raises TooManyError."""
        self.take_address(address)
        try:
            self._names.take(_build_key(name, device))
        except TooManyError:
            self.give_address_back(address)
            raise

    def give_back(self, name: str, address: str, device: str = "") -> None:
        """Take an attempt that was right off the counts again."""
        self._names.give_back(_build_key(name, device))
        self.give_address_back(address)


def _build_key(name: str, device: str) -> str:
    # a name is cut: nobody has a longer one, and the memory of names has a bound
    return f"device {device}" if device else f"name {name[:64]}"


def find_home(address: str) -> str:
    """Return what stands for everyone behind an address: itself, or its network of IPv6."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    # what listens on both writes an address of IPv4 as one of IPv6: all of those are one network
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    if parsed.version == 4:
        return str(parsed)
    return str(ip_network((parsed, _IPV6_HOME), strict=False))
