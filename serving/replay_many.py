"""The use cases of the command line around a replay: one assessment, or all of a nightly check."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from re import fullmatch

import numpy as np

from models.bundle import BundleDamagedError, BundleMismatchError
from serving.accounts import BY
from serving.registry import RegistryError
from serving.replay import Replay, Verdict, replay_all
from serving.replay_bundles import ReplayError, Shelf
from serving.store.audit import AuditEvent, save_audit
from serving.store.engine import EVERY_FUND, Store
from serving.store.replays import Place, find_gone, find_kept, list_kept, list_places

AT_ONCE = 500
MOST_NAME = 100
_NUMBER = r"[0-9a-f]{32}"
_NO_BUNDLE = (ReplayError, RegistryError, BundleDamagedError, BundleMismatchError)
Count = Callable[[int], None]


@dataclass(frozen=True)
class Bench:
    """What a replay needs: the store, where bundles are found, and who asks."""

    store: Store
    shelf: Shelf
    now: datetime
    by: str | None = None

    def __post_init__(self) -> None:
        """Raise ReplayError for a name that cannot stand in the audit log."""
        if self.by is not None and not (self.by.isprintable() and 0 < len(self.by) <= MOST_NAME):
            raise ReplayError(f"by: expected a name of 1 to {MOST_NAME} characters")

    def tell(self, fund: str | None, case_id: str | None, **detail: str | int) -> AuditEvent:
        """Return the audit line of a replay."""
        who = {"by": self.by} if self.by else {}
        return AuditEvent(self.now, BY, "replay", fund, case_id, who | detail)


@dataclass
class Tally:
    """How many were replayed and how they came out; why some could not be, and how many."""

    equal: int = 0
    unproven: int = 0  # of those that are equal: without the checksum of their bundle
    gone: int = 0
    differing: list[tuple[str, list[str]]] = field(default_factory=list)
    not_replayed: Counter[str] = field(default_factory=Counter)

    @property
    def replayed(self) -> int:
        """How many were computed again."""
        return self.equal + len(self.differing)

    @property
    def is_equal(self) -> bool:
        """Whether all that were asked for came out equal."""
        return not self.differing and not self.not_replayed

    def add(self, done: Replay) -> None:
        """Count one replay."""
        if done.differing:
            self.differing.append((done.kept.assessment_id, done.differing))
            return
        self.equal += 1
        self.unproven += any(one.verdict is Verdict.NOT_KEPT for one in done.parts)


def replay_one(assessment_id: str, bench: Bench, *, shown: bool = False) -> Replay:
    """Return what comes of one assessment, and note that it was asked; `shown` with its inputs.

    Raises ReplayError for one that is unknown or forgotten, and whatever finding its bundle raises.
    """
    if not fullmatch(_NUMBER, assessment_id):
        raise ReplayError("assessment: expected its number in the audit log, 32 hexadecimal digits")
    with bench.store.reading(EVERY_FUND) as connection:
        kept = find_kept(connection, assessment_id)
    if kept is None:
        raise _explain_absence(assessment_id, bench.store)
    [done] = replay_all([kept], bench.shelf.find(kept.model_version, kept.bundle_digest))
    detail: dict[str, str | int] = {
        "assessment_id": assessment_id,
        "differing": len(done.differing),
    }
    event = bench.tell(kept.sickness_fund, kept.case_id, **detail, shown=int(shown))
    with bench.store.writing(EVERY_FUND) as connection:
        save_audit(connection, [event])
    return done


def _explain_absence(assessment_id: str, store: Store) -> ReplayError:
    with store.reading(EVERY_FUND) as connection:
        gone = find_gone(connection, assessment_id)
    if gone is None:
        return ReplayError("no assessment has this number: it was not kept, or in another store")
    made = f"the assessment was made on {gone.made_at:%Y-%m-%d}"
    if gone.was_forgotten:
        return ReplayError(f"{made} and its case was forgotten since: nothing of it is left")
    return ReplayError(
        f"{made}, is gone, and the audit log tells of no forgetting since: find out who changed "
        "the store, and see `kantelpunt audit verify`"
    )


def draw_places(
    store: Store, sample: int | None, since: datetime | None, now: datetime
) -> list[Place]:
    """Return where all assessments stand, or so many by lot; from a day on, if one is given."""
    start = since.replace(tzinfo=now.tzinfo) if since else None
    with store.reading(EVERY_FUND) as connection:
        places = list_places(connection, start)
    if sample is None or sample >= len(places):
        return places
    drawn = np.random.default_rng().choice(len(places), sample, replace=False)
    return [places[one] for one in sorted(drawn.tolist())]


def replay_many(places: Sequence[Place], bench: Bench, *, count: Count) -> Tally:
    """Return how all came out; what has no bundle any more holds up no other."""
    tally = Tally()
    for (version, digest), group in groupby(places, lambda p: (p.model_version, p.bundle_digest)):
        ids = [one.assessment_id for one in group]
        try:
            bundle = bench.shelf.find(version, digest)
        except _NO_BUNDLE as error:
            tally.not_replayed[str(error)] += len(ids)
            count(len(ids))
            continue
        for part in _cut(ids):
            with bench.store.reading(EVERY_FUND) as connection:
                kept = list_kept(connection, part)
            tally.gone += len(part) - len(kept)
            for done in replay_all(kept, bundle):
                tally.add(done)
            count(len(part))
    _note(tally, bench)
    return tally


def _cut(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]


def _note(tally: Tally, bench: Bench) -> None:
    event = bench.tell(
        None,
        None,
        replayed=tally.replayed,
        differing=len(tally.differing),
        not_replayed=sum(tally.not_replayed.values()),
    )
    with bench.store.writing(EVERY_FUND) as connection:
        save_audit(connection, [event])
