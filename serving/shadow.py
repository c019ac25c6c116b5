"""The challenger in the shadow: it scores what the champion assessed, and nobody uses what it says.

A request only puts its assessment in a queue, which takes microseconds and never waits. One thread
scores what came in together, so that a score costs a fraction of what it would cost by itself.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from threading import Event, Lock, Thread
from time import perf_counter
from typing import Any

import numpy as np
import structlog

from features.matrix import Matrix, build_row
from features.requests import CASE_LABELS_NL, check_case
from models.bundle import Bundle
from models.estimate import Bounded, Sum
from models.reasons import reasons_of_many
from models.suggestion import Limits, suggest
from serving.assessment import LIST_REASONS, Assessment
from serving.following import Following, FollowState
from serving.store.engine import Store, StoreGoneError
from serving.store.shadow import ShadowScore, keep_scores

MOST_WAITING = 2000
AT_ONCE = 500
LINGER_SECONDS = 0.5  # for the answer to go out, and for others to come in
LAST_SECONDS = 5.0
# what the alias points at is not there, or may not be served: nothing scores in its place
_ENDS = (FollowState.NOBODY, FollowState.REFUSED)
log = structlog.get_logger("kantelpunt")


class Outcome(StrEnum):
    """What became of an assessment in the shadow."""

    SCORED = "scored"
    DROPPED = "dropped"  # too many waited, or the service stopped
    FAILED = "failed"  # the challenger or the store could not
    SKIPPED = "skipped"  # the person objects, or the case was closed or forgotten meanwhile


Count = Callable[[Outcome, int], None]


@dataclass(frozen=True)
class Waiting:
    """What the challenger needs to know of an assessment."""

    assessment_id: str
    case: Mapping[str, Any]
    fingerprint: str
    limits: Limits
    reasons: tuple[str, ...]

    @classmethod
    def of(cls, made: Assessment) -> "Waiting":
        """Return what waits of an assessment."""
        names = tuple(one.field for one in made.reasons.usual[:LIST_REASONS])
        return cls(made.assessment_id, made.case, made.contract.fingerprint, made.limits, names)


class Shadow:
    """Scores beside the requests, with the challenger that there is."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], datetime],
        count: Count,
        *,
        is_on: bool = True,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """Prepare, without a challenger; `count` is told what became of each assessment."""
        self._store, self._clock, self._count = store, clock, count
        self._is_on, self._most = is_on, most_waiting
        self._bundle: Bundle | None = None
        self._is_paused = False
        self._waiting: deque[Waiting] = deque()
        self._lock, self._came, self._stopped = Lock(), Event(), Event()
        self._thread: Thread | None = None

    @property
    def challenger(self) -> Bundle | None:
        """The bundle that scores, if one does."""
        return None if self._is_paused else self._bundle

    def use(self, bundle: Bundle) -> None:
        """Score with this bundle from now on."""
        self._bundle = bundle

    def listen(self, how: Following) -> None:
        """Rest while no version, or one that was refused, is the challenger."""
        self._is_paused = how.state in _ENDS

    def offer(self, made: Sequence[Assessment]) -> None:
        """Have assessments scored that were kept; never waits and never fails."""
        bundle = self.challenger
        if not self._is_on or bundle is None:
            return
        # a champion that is its own challenger would only agree with itself
        new = [Waiting.of(one) for one in made if one.bundle_digest != bundle.digest]
        with self._lock:
            room = max(self._most - len(self._waiting), 0)
            self._waiting.extend(new[:room])
        if len(new) > room:
            self._count(Outcome.DROPPED, len(new) - room)
        self._came.set()

    def start(self) -> None:
        """Begin to score what comes in."""
        if self._is_on and self._thread is None:
            self._thread = Thread(target=self._run, name="shadow", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop after what is being scored; what waits still is dropped."""
        self._stopped.set()
        self._came.set()
        if self._thread is not None:
            self._thread.join(LAST_SECONDS)
        left = self._take(self._most)
        if left:
            self._count(Outcome.DROPPED, len(left))

    def _run(self) -> None:
        while self._came.wait() and not self._stopped.wait(LINGER_SECONDS):
            self._came.clear()
            self.work_off(self._stopped)

    def work_off(self, stopped: Event | None = None) -> None:
        """Score all that waits, as much at once as is quick."""
        while (part := self._take(AT_ONCE)) and not (stopped and stopped.is_set()):
            bundle = self.challenger
            if bundle is None:
                self._count(Outcome.DROPPED, len(part))
                continue
            try:
                self._score(part, bundle)
            except Exception as error:
                # the thread must outlive whatever a challenger does
                self._fail(len(part), error)

    def _take(self, most: int) -> list[Waiting]:
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    def _score(self, part: Sequence[Waiting], bundle: Bundle) -> None:
        scores = score_all(part, bundle, self._clock(), self._fail)
        by_fund: dict[str, list[ShadowScore]] = {}
        for one in scores:
            by_fund.setdefault(one.sickness_fund, []).append(one)
        for fund, of_fund in by_fund.items():
            try:
                with self._store.writing(fund) as connection:
                    kept = keep_scores(connection, of_fund)
            except StoreGoneError as error:
                self._fail(len(of_fund), error)
                continue
            self._count(Outcome.SCORED, kept)
            self._count(Outcome.SKIPPED, len(of_fund) - kept)

    def _fail(self, cases: int, error: Exception) -> None:
        self._count(Outcome.FAILED, cases)
        # only the class: the text of an error may repeat a value
        log.warning("the challenger gave no score", cases=cases, kind=type(error).__name__)


def score_all(
    waiting: Sequence[Waiting],
    bundle: Bundle,
    now: datetime,
    fail: Callable[[int, Exception], None],
) -> list[ShadowScore]:
    """Return the scores of a challenger; one that cannot be made holds up no other."""
    ready: list[tuple[Waiting, Matrix]] = []
    for one in waiting:
        try:
            ready.append((one, _build_row(one, bundle)))
        except Exception as error:
            fail(1, error)
    try:
        return _score_together(ready, bundle, now)
    except Exception as error:
        if len(ready) == 1:
            fail(1, error)
            return []
    found = []
    for one, row in ready:
        try:
            found += _score_together([(one, row)], bundle, now)
        except Exception as error:
            fail(1, error)
    return found


def _build_row(one: Waiting, bundle: Bundle) -> Matrix:
    """Return the row of a case; one of another contract must be a good case of this one too."""
    contract, case = bundle.contract, one.case
    if one.fingerprint != contract.fingerprint:
        known = {*CASE_LABELS_NL, *(field.name for field in contract.columns)}
        given = {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in case.items()
            if name in known
        }
        case = check_case(given, contract)
    return build_row(case, contract)


def _score_together(
    ready: Sequence[tuple[Waiting, Matrix]], bundle: Bundle, now: datetime
) -> list[ShadowScore]:
    if not ready:
        return []
    began = perf_counter()
    matrix = np.vstack([row for _, row in ready])
    estimates = bundle.estimate_many(matrix, threads=1)
    said = reasons_of_many(
        estimates.usual.contributions, matrix, bundle.contract, most=LIST_REASONS
    )
    reasons = [tuple(reason.field for reason in of) for of in said]
    seconds = (perf_counter() - began) / len(ready)
    scores = []
    for place, (one, _) in enumerate(ready):
        estimate = estimates.one(place)
        scores.append(
            ShadowScore(
                assessment_id=one.assessment_id,
                bundle_digest=bundle.digest,
                sickness_fund=str(one.case["sickness_fund"]),
                case_id=str(one.case["case_id"]),
                model_version=bundle.version,
                scored_at=now,
                seconds=seconds,
                usual=estimate.usual.bounded,
                gain=_bound(estimate.gain),
                support=_bound(estimate.support),
                gain_status=estimate.gain_status,
                gain_hidden=estimate.hidden,
                suggestion=suggest(estimate, one.limits),
                reasons=reasons[place],
                champion_reasons=one.reasons,
            )
        )
    return scores


def _bound(found: Sum | None) -> Bounded | None:
    return found.bounded if found else None
