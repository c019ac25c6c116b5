"""One step on the road to a pathway: its chance per region and its delay, learnt from counts.

Recent tries that have not passed yet are no failures. The delay is learnt first, among those who
passed, by reversed hazards (Lagakos, Barraj and De Gruttola, Biometrika 1988; the chain ladder of
insurers): how many of those who passed within d months did so in month d. It needs no chance, so a
chance that changes in time does not move it. The chance follows given the delay, by the EM
algorithm for a mixture of who passes and who never will.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.intake.faults import IntakeError
from models.intake.memory import choose_memory, find_first, measure_recent, weigh_months
from models.intake.wobble import Wobble

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ROUNDS = 50  # of EM: the chance moves less than 1e-6 after some twenty


@dataclass(frozen=True)
class Step:
    """How many tried and passed per region, and the shares that pass after 0, 1, 2... months.

    `tried` counts each recent try for as much as it tells of the chance, so neither is whole.
    `wobble` is what chances of months differ by beyond lot.
    `stopped` are the shares of who never passes of whom that is known after 0, 1, 2... months, as
    of somebody who refused; they may add up to less than 1. Without, nothing is known of any, and
    who waits counts in full.
    """

    name: str
    tried: Floats
    passed: Floats
    delay: Floats
    wobble: Wobble = field(default_factory=Wobble)
    stopped: Floats | None = None

    def __post_init__(self) -> None:
        """Keep counts as floats; raise IntakeError for counts that cannot be."""
        for name in ("tried", "passed", "delay"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), float))
        if self.tried.shape != self.passed.shape or self.tried.ndim != 1:
            raise IntakeError(f"{self.name}: expected tried and passed per region")
        if (self.passed < 0).any() or (self.passed > self.tried + 1e-9).any():
            raise IntakeError(f"{self.name}: expected passed from 0 to tried")
        if self.delay.ndim != 1 or not len(self.delay) or abs(self.delay.sum() - 1) > 1e-6:
            raise IntakeError(f"{self.name}: expected a delay of shares that add up to 1")

    @property
    def pooled(self) -> float:
        """The chance over all regions; one half where nobody ever tried."""
        tried = self.tried.sum()
        return float(self.passed.sum() / tried) if tried else 0.5


def learn_step(
    name: str,
    tried: Floats,
    passed: Floats,
    stopped: Floats | None = None,
) -> Step:
    """Return what counts tell of a step.

    `tried` has shape (regions, months), the months of the try, oldest first; the last month is the
    last that is known whole. `passed` has shape (regions, months, delays): of those tries, how many
    passed 0, 1, 2... months later. A delay that runs past the last month is not known yet, whatever
    is filled in there. `stopped`, of the same shape, counts who is known not to pass any more; with
    it, `Waiting` has to leave those out. Where the chance is seen to change, months of long ago
    count for less. Raises IntakeError for counts that cannot be.
    """
    tried, passed = np.asarray(tried, float), np.asarray(passed, float)
    _check_counts(name, tried, passed, stopped)
    months, delays = passed.shape[1:]
    seen = np.arange(months)[:, None] + np.arange(delays) < months
    ages = np.minimum(np.arange(months)[::-1], delays - 1)  # the longest delay seen of each month
    counted = np.arange(months) >= find_first(tried, passed.sum(axis=2))
    tried, seen = tried * counted, seen & counted[:, None]
    passed = np.where(seen, passed, 0.0)
    delay = learn_delay(passed.sum(axis=0), seen)
    total, within = passed.sum(axis=2), np.cumsum(delay)[ages]
    gone, quits, known = np.zeros_like(tried), None, np.zeros(months)
    if stopped is not None:
        out = np.where(seen, stopped, 0.0)
        gone, quits = out.sum(axis=2), _learn_stops(tried, total, out)
        known = np.cumsum(quits)[ages]
    if (total + gone > tried).any():
        raise IntakeError(f"{name}: expected no more who passed or stopped than who tried")
    kept = choose_memory(tried * within, total)
    weight = weigh_months(months, kept)
    chance, told = _learn_chance(tried * weight, total * weight, gone * weight, within, known)
    wobble = measure_recent(tried, total, chance, within, kept)
    count = (told * wobble.discount(tried) / np.maximum(tried, 1)).sum(axis=1)
    return Step(name, count, chance * count, delay, wobble, quits)


def _check_counts(name: str, tried: Floats, passed: Floats, stopped: Floats | None) -> None:
    if tried.ndim != 2 or passed.ndim != 3 or passed.shape[:2] != tried.shape:
        raise IntakeError(f"{name}: expected tried (regions, months) and passed with delays too")
    if stopped is not None and np.shape(stopped) != passed.shape:
        raise IntakeError(f"{name}: expected stopped in the shape of passed")
    parts = [tried, passed, *([] if stopped is None else [stopped])]
    if not all(np.isfinite(part).all() and (part >= 0).all() for part in parts):
        raise IntakeError(f"{name}: expected counts from 0, and none missing")


def _learn_stops(tried: Floats, total: Floats, stopped: Floats) -> Floats:
    """Return the share of who never passes that is known as such after each number of months.

    From months that were seen for as long as any delay: there, who did not pass never will.
    """
    months, delays = stopped.shape[1:]
    full = slice(0, max(months - delays + 1, 0))
    never = float((tried - total)[:, full].sum())
    if not never:
        return np.zeros(delays)
    return np.asarray(stopped[:, full].sum(axis=(0, 1)) / never)


def learn_delay(passed: Floats, seen: NDArray[np.bool_]) -> Floats:
    """Return the share of who passes after each number of months; all at once where nobody did.

    Both have shape (months, delays); `seen` tells which are known. Months in which a delay is known
    have all shorter delays known too.
    """
    delays = passed.shape[1]
    total = np.array([passed[seen[:, d], : d + 1].sum() for d in range(delays)])
    just = np.array([passed[seen[:, d], d].sum() for d in range(delays)])
    if not just.any():
        return np.asarray(np.eye(1, delays)[0])
    now = np.divide(just, total, out=np.zeros(delays), where=total > 0)
    later = np.append(np.cumprod((1 - now)[::-1])[::-1][1:], 1.0)
    share = now * later
    share[0] += 1 - share.sum()  # reversed hazards end at the shortest delay: nobody passed before
    share = np.maximum(share, 0.0)
    return np.asarray(share / share.sum())


def _learn_chance(
    tried: Floats, passed: Floats, gone: Floats, within: Floats, known: Floats
) -> tuple[Floats, Floats]:
    """Return the chance per region, and for how many full tries each month tells of it.

    By EM: of who waits, the part p (1 - F) of p (1 - F) + (1 - p) (1 - G) will pass yet, where F
    is the share of delays and G that of stops seen so far. Tries tell as much of p as those of whom
    the end is known, less what waiting hides: Louis (1982), the information of the EM algorithm.
    """
    count = tried.sum(axis=1)
    weighed = (tried * within).sum(axis=1)
    chance = np.divide(
        passed.sum(axis=1), weighed, out=np.full(len(tried), 0.5), where=weighed > 0
    ).clip(0, 1)
    waiting = tried - passed - gone
    for _ in range(ROUNDS):
        expected = (passed + waiting * _find_later(chance, within, known)).sum(axis=1)
        chance = np.divide(expected, count, out=chance, where=count > 0)
    later, p = _find_later(chance, within, known), chance[:, None]
    still = p * (1 - within) + (1 - p) * (1 - known)
    lot = np.maximum(p * (1 - p), 1e-12)
    told = tried * np.clip(1 - still * later * (1 - later) / lot, 0, 1)
    return chance, np.where(tried * within > 0, told, 0.0)


def _find_later(chance: Floats, within: Floats, known: Floats) -> Floats:
    """Return the chance to pass yet of who neither passed nor stopped so far."""
    passes = chance[:, None] * (1 - within)
    never = (1 - chance[:, None]) * (1 - known)
    return np.asarray(passes / np.maximum(passes + never, 1e-12))
