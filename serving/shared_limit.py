"""Counts that hold for all processes on one store, where more than one can work on it."""

import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from math import ceil
from threading import Lock

from serving.rate_limit import MOST_KEYS, Limiter, MemoryLimiter, TooManyError
from serving.store.allowances import WINDOW, Asked, find_wait, forget_full, give_turn_back
from serving.store.engine import Store

# turns that a process takes at once of a large allowance: a write for each request would cost more
# than the request
TURNS_AT_ONCE = 60


@dataclass
class _Held:
    turns: int
    until: float


class StoreLimiter:
    """Lets `per_minute` through for each key, over all processes on the store.

    Of a large allowance a process takes some turns at once; what it does not use within a minute
    is lost, so that all of them together never let more through.
    """

    def __init__(
        self,
        store: Store,
        secret: str,
        purpose: str,
        per_minute: int,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Count in a store, under keys that only who knows the secret can tell apart."""
        self._store = store
        self._sign = f"{purpose} {secret}".encode()
        self._step = WINDOW / per_minute
        self._batch = ceil(per_minute / TURNS_AT_ONCE)
        self._clock = clock
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._lock = Lock()
        self._forgot_at = clock()

    def take(self, key: str) -> None:
        """Count one; raises TooManyError, or StoreGoneError where the store does not answer."""
        name, now = self._name(key), self._clock()
        if self._use_held(name, now):
            return
        for turns in dict.fromkeys((self._batch, 1)):  # the last ones are given one by one
            wait = find_wait(self._store, Asked(name, turns, self._step, now))
            if not wait:
                self._hold(name, turns - 1, now)
                return
        raise TooManyError(wait)

    def take_now(self, key: str) -> bool:
        """Count one of the turns that this process holds; False where it holds none."""
        return self._use_held(self._name(key), self._clock())

    def give_back(self, key: str) -> None:
        """Take one off the count again."""
        give_turn_back(self._store, Asked(self._name(key), 1, self._step, self._clock()))

    def _use_held(self, name: str, now: float) -> bool:
        with self._lock:
            held = self._held.get(name)
            if held is None or not held.turns or not now < held.until <= now + WINDOW:
                return False
            held.turns -= 1
            return True

    def _hold(self, name: str, turns: int, now: float) -> None:
        with self._lock:
            forget = not 0 <= now - self._forgot_at < WINDOW
            if turns:
                self._held[name] = self._add(name, turns, now)
                self._held.move_to_end(name)
                if len(self._held) > MOST_KEYS:
                    self._held.popitem(last=False)
            if forget:
                self._forgot_at = now
        if forget:
            forget_full(self._store, now)

    def _add(self, name: str, turns: int, now: float) -> _Held:
        """Return what is held with more turns: another thread may have asked at the same moment."""
        held = self._held.get(name)
        if held is None or not held.turns or not now < held.until <= now + WINDOW:
            return _Held(turns, now + WINDOW)
        return _Held(held.turns + turns, held.until)

    def _name(self, key: str) -> str:
        return hmac.new(self._sign, key.encode(), sha256).hexdigest()


@dataclass(frozen=True)
class Limiters:
    """Makes the counts of a service: in its store where other processes may work on that too."""

    store: Store
    secret: str

    def build(self, purpose: str, per_minute: int) -> Limiter:
        """Return a count for one purpose."""
        if self.store.is_shared:
            return StoreLimiter(self.store, self.secret, purpose, per_minute)
        return MemoryLimiter(per_minute)
