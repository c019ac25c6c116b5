"""Follows an alias of the registry: asks where it points, reads what is new aside, hands it over.

One thread in each process. It never waits for a request, and no request waits for it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from threading import Event, Lock, Thread

import structlog

from features.errors import KantelpuntError
from models.bundle import (
    CHAMPION,
    Bundle,
    BundleDamagedError,
    BundleMismatchError,
    SmokeDiffersError,
)
from serving.registry_process import NotFetchedError, RegistryError, RegistryGoneError

# a refused version is tried again after this long, or once the alias was on another one
RETRY = timedelta(hours=1)
MOST_SKIPPED = 20  # turns, after one failure upon another
LAST_SECONDS = 3.0
log = structlog.get_logger("kantelpunt")


class FollowState(StrEnum):
    """How the following of an alias goes."""

    OFF = "off"  # a folder is served, or it was set so
    WAITING = "waiting"  # nothing was asked yet
    SERVED = "served"  # what the alias points at is what is served
    REFUSED = "refused"
    NOBODY = "no-champion"  # no version has the alias, or that version was deleted
    NOT_FETCHED = "not-fetched"
    GONE = "gone"


class Why(StrEnum):
    """Why a version is refused."""

    DAMAGED = "damaged"
    FORMAT = "format"
    SMOKE = "smoke"
    CONTRACT = "contract"
    LISTS = "lists"
    INFO = "info"


class BundleRefusedError(KantelpuntError):
    """A whole bundle that cannot take the place of the one that is served."""

    def __init__(self, why: Why, told: str) -> None:
        """Keep the reason beside the sentence that explains it."""
        super().__init__(told)
        self.why = why


@dataclass(frozen=True)
class Refused:
    """A version that the alias points at and that is not served."""

    version: str
    why: Why
    at: datetime
    folder: str
    told: str


@dataclass(frozen=True)
class Following:
    """How it goes: the state, when the registry last answered, and what it released in vain."""

    state: FollowState
    at: datetime | None = None
    refused: Refused | None = None


@dataclass(frozen=True)
class Road:
    """How to get from an alias to what is served; each may raise a RegistryError.

    `find_sign` returns what differs once the alias moved, or None where that cannot be told.
    `read` raises what `read_bundle` does, and `install` BundleRefusedError.
    """

    find_sign: Callable[[datetime], str | None]
    fetch: Callable[[Event], tuple[Path, str]]
    read: Callable[[Path, str], Bundle]
    install: Callable[[Bundle, Path], None]
    tell: Callable[[Following], None] = lambda _: None


class Follower:
    """Knows how the following of one alias goes, and does it."""

    def __init__(
        self,
        road: Road | None,
        clock: Callable[[], datetime],
        every_seconds: float,
        folder: str = "",
        alias: str = CHAMPION,
    ) -> None:
        """Follow by a road, or not at all; `folder` is the one of the bundle that is served."""
        self._road = road if every_seconds else None
        self._clock, self._every_seconds, self._alias = clock, every_seconds, alias
        self._folder = folder
        # over HTTP the sign of a version is its folder: what is served was not released just now
        self._sign: str | None = folder or None
        self._settled = Following(FollowState.SERVED)
        self._skipped = self._failures = 0
        self._stopped, self._lock = Event(), Lock()
        self._thread: Thread | None = None
        self.now = Following(FollowState.WAITING if self._road else FollowState.OFF)

    def start(self, *, at_once: bool = False) -> None:
        """Begin to follow, after one wait or at once."""
        if self._road is not None and self._thread is None:
            self._thread = Thread(
                target=self._run, args=(at_once,), name=f"follow {self._alias}", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """Stop soon, also where an answer is waited for."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(LAST_SECONDS)

    def _run(self, at_once: bool) -> None:
        if at_once:
            self.follow()
        while not self._stopped.wait(self._every_seconds):
            self.follow()

    def follow(self) -> Following:
        """Ask once where the alias points, and serve that if it can be; return how it went."""
        with self._lock:
            if self._road is None:
                return self.now
            if self._skipped:
                self._skipped -= 1
                return self.now
            before, self.now = self.now, self._look(self._road, self._clock())
            if not self._stopped.is_set():
                self._tell(before, self._road)
            return self.now

    def _tell(self, before: Following, road: Road) -> None:
        now = self.now
        road.tell(now)
        if (now.state, now.refused) == (before.state, before.refused):
            return
        if now.state is FollowState.REFUSED and now.refused is not None:
            # neither a bundle nor a contract holds a value of a person
            one = now.refused
            detail = {"version": one.version, "why": one.why.value, "told": one.told}
            log.warning("a released model is refused", alias=self._alias, **detail)
        elif now.state is FollowState.SERVED:
            log.info("the registry is followed", alias=self._alias)
        elif self._alias != CHAMPION:
            # nothing amiss: there need be none, and of a registry that is gone the champion tells
            log.info("no challenger to follow", alias=self._alias, why=now.state.value)
        else:
            log.warning("the registry cannot be followed", alias=self._alias, why=now.state.value)

    def _look(self, road: Road, now: datetime) -> Following:
        try:
            sign = road.find_sign(now)
        except RegistryGoneError:
            return replace(self.now, state=FollowState.GONE)
        if sign is not None and sign == self._sign and not self._is_due(now):
            return replace(self._settled, at=now)
        try:
            self._settled = self._follow_to(road, now)
        except Exception as error:
            # one that nobody expected must not end the following; its text may hold anything
            return self._fail(error)
        self._sign, self._failures = sign, 0
        return self._settled

    def _is_due(self, now: datetime) -> bool:
        refused = self._settled.refused
        # a clock that was set back since makes nobody wait longer
        return refused is not None and not timedelta(0) <= now - refused.at < RETRY

    def _fail(self, error: Exception) -> Following:
        """Leave the registry in peace for some turns: each question takes a process of seconds."""
        self._failures += 1
        self._skipped = min(2**self._failures - 1, MOST_SKIPPED)
        known = isinstance(error, RegistryError)
        state = FollowState.NOT_FETCHED
        if known and not isinstance(error, NotFetchedError):
            state = FollowState.GONE
        if not known and self.now.state is not state:
            log.error("following failed", alias=self._alias, kind=type(error).__name__)
        return replace(self.now, state=state)

    def _follow_to(self, road: Road, now: datetime) -> Following:
        """Return how it went to serve what the alias points at; raises RegistryGoneError."""
        try:
            folder, version = road.fetch(self._stopped)
        except RegistryGoneError:
            raise
        except RegistryError:
            return Following(FollowState.NOBODY, now)
        if folder.name == self._folder:
            return Following(FollowState.SERVED, now)
        last = self._settled.refused
        if last is not None and last.folder == folder.name and not self._is_due(now):
            return replace(self._settled, at=now)
        try:
            road.install(road.read(folder, version), folder)
        except (BundleDamagedError, BundleMismatchError, BundleRefusedError) as error:
            refused = Refused(version, find_why(error), now, folder.name, str(error))
            return Following(FollowState.REFUSED, now, refused)
        self._folder = folder.name
        return Following(FollowState.SERVED, now)


def find_why(error: KantelpuntError) -> Why:
    """Return the reason for which a bundle is refused."""
    if isinstance(error, BundleRefusedError):
        return error.why
    if isinstance(error, BundleMismatchError):
        return Why.FORMAT
    return Why.SMOKE if isinstance(error, SmokeDiffersError) else Why.DAMAGED
