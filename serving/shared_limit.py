"""Counts that hold for all processes on one store, where more than one can work on it."""

import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from math import ceil
from threading import Lock
from typing import Protocol

from serving.rate_limit import MOST_KEYS, Limiter, MemoryLimiter, TooManyError
from serving.store.allowances import WINDOW, Asked, find_wait, forget_full, give_turn_back
from serving.store.engine import Store

# of a large allowance, of which a process takes one at once: a write for each request would cost
# more than the request
PARTS = 60


class Clock(Protocol):
    """What tells the time without waiting, and is set right before the store is asked."""

    def __call__(self) -> float:
        """Return the time, in seconds."""

    def renew(self) -> None:
        """Set it right where that is due."""


class StoreClock:
    """Tells the time of the store: the same for all processes on it, whatever their own clocks say.

    With clocks of their own that differ by minutes, each would find that what the other counted is
    long past, and nobody would ever have tried too often.
    """

    def __init__(self, store: Store, *, local: Callable[[], float] = time.monotonic) -> None:
        """Ask a store; `local` tells how long ago that was."""
        self._store, self._local = store, local
        self._ahead: float | None = None
        self._renew_at = 0.0

    def __call__(self) -> float:
        """Return the time of the store, as far as it was asked; it waits for nothing."""
        return time.time() if self._ahead is None else self._local() + self._ahead

    def renew(self) -> None:
        """Ask the store where that is longer than a minute ago; raises StoreGoneError."""
        if self._ahead is None or not self._renew_at - WINDOW <= self._local() < self._renew_at:
            self._ahead = self._store.read_clock() - self._local()
            self._renew_at = self._local() + WINDOW


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
        clock: Clock,
    ) -> None:
        """Count in a store, under keys that only who knows the secret can tell apart."""
        self._store = store
        self._sign = f"{purpose} {secret}".encode()
        self._step = WINDOW / per_minute
        self._batch = ceil(per_minute / PARTS)
        self._clock = clock
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._lock = Lock()
        self._forgot_at = clock()

    def take(self, key: str) -> None:
        """Count one; raises TooManyError, or StoreGoneError where the store does not answer."""
        name = self._name(key)
        if self._use_held(name, self._clock()):
            return
        self._clock.renew()
        now = self._clock()
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
            held = self._find_held(name, now)
            if held is None:
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
        held = self._find_held(name, now)
        if held is None:
            return _Held(turns, now + WINDOW)
        return _Held(held.turns + turns, held.until)

    def _find_held(self, name: str, now: float) -> _Held | None:
        held = self._held.get(name)
        is_worth = held is not None and held.turns and now < held.until <= now + WINDOW
        return held if is_worth else None

    def _name(self, key: str) -> str:
        return hmac.new(self._sign, key.encode(), sha256).hexdigest()


@dataclass(frozen=True)
class Limiters:
    """Makes the counts of a service: in its store where other processes may work on that too."""

    store: Store
    secret: str
    local: Callable[[], float] = time.monotonic

    def build(self, purpose: str, per_minute: int) -> Limiter:
        """Return a count for one purpose."""
        if self.store.is_shared:
            clock = StoreClock(self.store, local=self.local)
            return StoreLimiter(self.store, self.secret, purpose, per_minute, clock=clock)
        return MemoryLimiter(per_minute, clock=self.local)
