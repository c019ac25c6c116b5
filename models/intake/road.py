"""Simulating the road: who goes on at each step, and when, known cases and new ones alike."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.intake.chances import draw_chances, draw_delays
from models.intake.flow import COHORT_STEPS, Flow, Waiting
from models.intake.steps import Step
from models.intake.thinning import thin

Floats = NDArray[np.float64]
Shift = dict[str, Floats]  # per step, what is added to the log-odds of its chance in each region
TINY = 1e-12
WAITED, ARRIVED = 0, 1  # which draws of a step: apart, so that one does not move the other


@dataclass(frozen=True)
class _Luck:
    """Where draws come from: the same seed, step and delay give the same luck whatever changes."""

    draws: int
    seed: int
    mean_only: bool = False

    def open(self, *place: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, *place])

    def take(self, n: Floats, p: Floats, *place: int) -> Floats:
        """Return how many of `n` go on with chance `p`."""
        if self.mean_only:
            return n * p
        return thin(self.open(*place).standard_normal(np.broadcast(n, p).shape), n, p)


def simulate_road(flow: Flow, shift: Shift, draws: int, seed: int) -> dict[str, Floats]:
    """Return how many pass each step in each month to come, (draws, regions, months).

    "entries" are those of the flow's paths; where more draws are asked they are used again.
    """
    paths = flow.entries.counts
    entries = paths[np.arange(draws) % len(paths)].astype(float)
    return _walk(flow, shift, entries, _Luck(draws, seed))


def find_known_share(flow: Flow, shift: Shift) -> tuple[Floats, Floats]:
    """Return expected starts from known cases, and all expected starts, (regions, months)."""
    luck = _Luck(1, 0, mean_only=True)
    new = flow.entries.counts.mean(axis=0, keepdims=True)
    known = _walk(flow, shift, np.zeros_like(new), luck)["started"]
    return known[0], _walk(flow, shift, new, luck)["started"][0]


def _walk(flow: Flow, shift: Shift, entries: Floats, luck: _Luck) -> dict[str, Floats]:
    past = max((one.counts.shape[1] for one in flow.waiting), default=0)
    coming = np.concatenate([np.zeros((*entries.shape[:2], past)), entries], axis=2)
    found = {"entries": entries}
    others = None
    for place, step in enumerate(flow.steps):
        waiting = next((one for one in flow.waiting if one.step == step.name), None)
        source = coming
        if step.name == "referred_other":
            source = np.zeros_like(coming) if others is None else others
        passed, failed = _take_step(step, place, waiting, source, past, shift, luck)
        if step.name == "referred_other":
            passed = passed + coming
        if step.name not in COHORT_STEPS:
            passed[..., :past] = 0  # who passed before as_of is counted where they wait now
        found["referred" if step.name == "referred_other" else step.name] = passed[..., past:]
        if step.name == "suggested":
            others = failed
        coming = passed
    return found


def _take_step(
    step: Step,
    place: int,
    waiting: Waiting | None,
    coming: Floats,
    past: int,
    shift: Shift,
    luck: _Luck,
) -> tuple[Floats, Floats]:
    """Return who pass in each month, and of who come in each month, who never will."""
    chance, delay = _draw_step(step, place, shift, luck, coming.shape)
    passed, failed = np.zeros_like(coming), coming.copy()
    if waiting is not None:
        left, overdue = _place_waiting(waiting, step, past, coming.shape)
        failed += overdue
        _pass_known(left, chance[..., :past], delay, passed, step, luck, place)
    _pass_on(failed, chance, delay, passed, luck, place)
    if waiting is not None:
        failed[..., past] += left.sum(axis=2)
    return passed, failed


def _draw_step(
    step: Step, place: int, shift: Shift, luck: _Luck, shape: tuple[int, ...]
) -> tuple[Floats, Floats]:
    """Return chances (draws, regions, months) and delays (draws, months of delay)."""
    if luck.mean_only:
        chance = draw_chances(step, 200, luck.open(place, 2)).mean(axis=0, keepdims=True)
        return _shift(chance[..., None], step, shift, shape), step.delay[None]
    chance = draw_chances(step, luck.draws, luck.open(place, 2))[..., None]
    own, shared = step.wobble.own, step.wobble.shared
    if own > 0 or shared > 0:
        rng = luck.open(place, 3)
        noise = rng.standard_normal((shape[0], 1, shape[2])) * np.sqrt(shared)
        noise = noise + rng.standard_normal(shape) * np.sqrt(own)
        lot = chance * (1 - chance)
        chance = 1 / (1 + (1 - chance) / chance * np.exp(-noise / np.sqrt(lot)))
    delay = draw_delays(step, luck.draws, luck.open(place, 4))
    return _shift(chance, step, shift, shape), delay


def _shift(chance: Floats, step: Step, shift: Shift, shape: tuple[int, ...]) -> Floats:
    if step.name in shift:
        by = shift[step.name][:, None]
        with np.errstate(over="ignore"):
            moved = 1 / (1 + (1 - chance) / chance * np.exp(-by))
        chance = np.where(by == 0, chance, moved)
    return np.broadcast_to(chance, shape)


def _place_waiting(
    waiting: Waiting, step: Step, past: int, shape: tuple[int, ...]
) -> tuple[Floats, Floats]:
    """Return known cases in the month in which they came, and those that are late to be counted.

    A count by month of entry cannot have failed unseen: where it has not come in though all its
    delay has passed, it is as if it had just begun.
    """
    counts = waiting.counts.astype(float)
    months = np.zeros((shape[0], shape[1], past))
    months[..., past - counts.shape[1] :] = counts[:, ::-1]
    overdue = np.zeros(shape)
    if step.name in COHORT_STEPS:
        last = past - int(np.flatnonzero(step.delay)[-1])
        overdue[..., :last] = months[..., :last]
        months[..., :last] = 0
    return months, overdue


def _pass_on(
    left: Floats, chance: Floats, delay: Floats, passed: Floats, luck: _Luck, place: int
) -> None:
    """Add to `passed` who go on, and take them from `left`.

    Each month of delay has its hazard: of who has not passed yet and may never, who does now.
    """
    before = np.zeros(len(delay))
    for months in range(delay.shape[1]):
        share = delay[:, months]
        stop = passed.shape[2] - months
        if stop > 0 and share.any():
            part = chance[..., :stop]
            hazard = part * share[:, None, None] / (1 - part * before[:, None, None])
            gone = luck.take(left[..., :stop], np.clip(hazard, 0, 1), place, ARRIVED, months)
            left[..., :stop] -= gone
            passed[..., months:] += gone
        before = before + share


def _pass_known(
    left: Floats,
    chance: Floats,
    delay: Floats,
    passed: Floats,
    step: Step,
    luck: _Luck,
    place: int,
) -> None:
    """Add to `passed` who go on of those who have waited, by how long each has, from now on.

    Who waits has not passed so far and, where that is known, has not stopped either.
    """
    past, delays = left.shape[2], delay.shape[1]
    stopped = np.zeros(delays) if step.stopped is None else np.cumsum(step.stopped)
    for age in range(min(past, delays - 1)):
        month = past - 1 - age
        own, part = left[..., month], chance[..., month]
        share = delay[:, age + 1 :].sum(axis=1)[:, None]
        still = np.maximum(part * share + (1 - part) * (1 - stopped[age]), TINY)
        for months in range(age + 1, delays):
            now = part * delay[:, months, None]
            hazard = np.clip(now / still, 0, 1)
            if month + months < passed.shape[2] and now.any():
                gone = luck.take(own, hazard, place, WAITED, age, months)
                own -= gone
                passed[..., month + months] += gone
            still = np.maximum(still - now, TINY)
