"""The versions of the model: those that gave estimates here, and those that the registry knows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Event, Lock, Thread

import structlog

from models.shares import FEWEST_SHOWN
from serving.permissions import Action, User, check_can
from serving.registry import Registered, RegistryError
from serving.store.engine import EVERY_FUND, Store
from serving.store.model_versions import count_versions

FRESH = timedelta(minutes=10)
GONE_FRESH = timedelta(seconds=30)  # one that was gone is asked again soon
WAIT_SECONDS = 1.0
log = structlog.get_logger("kantelpunt")


class State(StrEnum):
    """What is known of the registry."""

    KNOWN = "known"
    ASKED = "asked"
    GONE = "gone"
    NONE = "none"  # a folder is served: there is no registry to ask


@dataclass(frozen=True)
class ServedVersion:
    """A version that gave estimates which are kept; no count where that is about too few."""

    version: str
    first_at: datetime
    last_at: datetime
    count: int | None


@dataclass(frozen=True)
class Known:
    """What the registry knew when it was asked last."""

    state: State
    versions: Sequence[Registered] = ()
    at: datetime | None = None


def report_versions(user: User, *, store: Store) -> list[ServedVersion]:
    """Return the versions that gave estimates: of the own fund, or of all to who has none.

    Only counts leave the store, and none under five.
    """
    check_can(user, Action.VIEW_MODEL)
    fund = user.sickness_fund
    with store.reading(fund or EVERY_FUND) as connection:
        found = count_versions(connection, fund)
    return [
        ServedVersion(
            one.version, one.first_at, one.last_at, one.count if one.count >= FEWEST_SHOWN else None
        )
        for one in found
    ]


class RegistryNotes:
    """Remembers what the registry knows: it takes seconds to ask, so no page waits for it long."""

    def __init__(self, ask: Callable[[], Sequence[Registered]] | None) -> None:
        """Ask with a function that raises RegistryError; None where there is no registry."""
        self._ask = ask
        self._known = Known(State.NONE if ask is None else State.ASKED)
        self._lock = Lock()
        self._answered: Event | None = None

    def read(self, now: datetime, wait_seconds: float = WAIT_SECONDS) -> Known:
        """Return what is known, asked anew where that is old; a late answer is for later."""
        if self._ask is None:
            return self._known
        with self._lock:
            known, answered = self._known, self._answered
            fresh = FRESH if known.state is State.KNOWN else GONE_FRESH
            # asked at a time to come: the clock was set back since
            is_fresh = known.at is not None and timedelta(0) <= now - known.at < fresh
            if answered is None and not is_fresh:
                self._answered = answered = Event()
                Thread(target=self._fetch, args=(now, answered), daemon=True).start()
        if answered is not None:
            answered.wait(wait_seconds)
        return self._known

    def forget(self) -> None:
        """Have the registry asked anew at the next look: something was released there."""
        with self._lock:
            self._known = replace(self._known, at=None)

    def _fetch(self, now: datetime, answered: Event) -> None:
        found = Known(State.GONE, self._known.versions, now)
        try:
            found = Known(State.KNOWN, self._ask() if self._ask else (), now)
        except RegistryError:
            log.warning("the registry was asked for its versions and gave none")
        finally:
            with self._lock:
                self._known, self._answered = found, None
            answered.set()
