"""Simulating the road: who goes on at each step, and when, known cases and new ones alike."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.intake.chances import draw_chances, draw_delays
from models.intake.flow import COHORT_STEPS, Flow, Waiting
from models.intake.steps import Step
from models.intake.thinning import thin
from models.intake.timing import Going, Small, expect, find_remaining, spread
from models.intake.wobble import Wobble

Floats = NDArray[np.float64]
Shift = dict[str, Floats]  # per step, what is added to the log-odds of its chance in each region
TINY = 1e-12
WIDEST = 1.0  # in log-odds: what months may differ by, however few are left to fail
LAST = "started"
WAITED, ARRIVED, CHANCE, MONTHS, DELAY, TIMING = range(6)  # what luck is for: each by itself


@dataclass(frozen=True)
class _Luck:
    """Where draws come from: the same seed and step give the same luck whatever changes."""

    draws: int
    seed: int
    mean_only: bool = False

    def open(self, *place: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, *place])

    def take(self, n: Small, p: Small, *place: int) -> Small:
        """Return how many of `n` go on with chance `p`."""
        if self.mean_only:
            return np.asarray(n * p, np.float32)
        luck = self.open(*place).standard_normal(n.shape, dtype=np.float32)
        return np.asarray(thin(luck, n, p), np.float32)

    def spread(self, going: Going, place: int) -> Small:
        """Return when they go on."""
        return expect(going) if self.mean_only else spread(going, self.open(place, TIMING))


def simulate_road(flow: Flow, shift: Shift, draws: int, seed: int) -> dict[str, Floats]:
    """Return how many pass each step in each month to come, (draws, regions, months).

    "entries" are those of the flow's paths; where more draws are asked they are used again.
    """
    paths = flow.entries.counts
    entries = paths[np.arange(draws) % len(paths)].astype(np.float32)
    found = _walk(flow, shift, entries, _Luck(draws, seed))
    return {name: np.asarray(counts, float) for name, counts in found.items()}


def find_known_share(flow: Flow, shift: Shift) -> tuple[Floats, Floats]:
    """Return expected starts from known cases, and all expected starts, (regions, months)."""
    luck = _Luck(1, 0, mean_only=True)
    new = flow.entries.counts.mean(axis=0, keepdims=True).astype(np.float32)
    known = _walk(flow, shift, np.zeros_like(new), luck)[LAST]
    return known[0].astype(float), _walk(flow, shift, new, luck)[LAST][0].astype(float)


def _walk(flow: Flow, shift: Shift, entries: Small, luck: _Luck) -> dict[str, Small]:
    past = max((one.counts.shape[1] for one in flow.waiting), default=0)
    before = np.zeros((*entries.shape[:2], past), np.float32)
    coming = np.concatenate([before, entries], axis=2)
    found, others = {"entries": entries}, np.zeros_like(coming)
    for place, step in enumerate(flow.steps):
        waiting = next((one for one in flow.waiting if one.step == step.name), None)
        source = others if step.name == "referred_other" else coming
        passed, failed = _take_step(_Try(step, place, waiting, past), source, shift, luck)
        if step.name == "suggested":
            others = failed
        if step.name == "referred_other":
            passed = passed + coming
        if step.name not in COHORT_STEPS:
            passed[..., :past] = 0  # who passed before as_of is counted where they wait now
        found["referred" if step.name == "referred_other" else step.name] = passed[..., past:]
        coming = passed
    found.setdefault(LAST, coming[..., past:])
    return found


@dataclass(frozen=True)
class _Try:
    """A step with its number, who waits before it, and how many months lie before the horizon."""

    step: Step
    place: int
    waiting: Waiting | None
    past: int


def _take_step(one: _Try, coming: Small, shift: Shift, luck: _Luck) -> tuple[Small, Small]:
    """Return who pass in each month, and of who come in each month, who never will."""
    chance, delay = _draw_step(one.step, one.place, shift, luck, coming.shape)
    known, overdue = _place_waiting(one, coming.shape)
    coming = coming + overdue
    going = luck.take(coming, chance.astype(np.float32), one.place, ARRIVED)
    failed = coming - going
    waits = np.broadcast_to(known, (*coming.shape[:2], one.past))
    if known.any():
        still = _find_later(one, chance[..., : one.past], delay)
        later = luck.take(waits, still.astype(np.float32), one.place, WAITED)
        failed[..., one.past] += (waits - later).sum(axis=2)
    else:
        later = np.zeros_like(waits)
    return luck.spread(Going(going, later, delay.astype(np.float32)), one.place), failed


def _find_later(one: _Try, chance: Floats, delay: Floats) -> Floats:
    """Return the chance to pass yet of known cases, by the month in which they came.

    They have not passed so far and, where that is known, have not stopped either.
    """
    stopped = np.zeros(one.past)
    if one.step.stopped is not None:
        stops = np.cumsum(one.step.stopped)
        stopped = stops[np.minimum(np.arange(one.past), len(stops) - 1)][::-1]
    passes = chance * find_remaining(delay, one.past)[:, None, :]
    return np.asarray(passes / np.maximum(passes + (1 - chance) * (1 - stopped), TINY))


def _draw_step(
    step: Step, place: int, shift: Shift, luck: _Luck, shape: tuple[int, ...]
) -> tuple[Floats, Floats]:
    """Return chances (draws, regions, months) and delays (draws, months of delay)."""
    if luck.mean_only:
        chance = draw_chances(step, 200, luck.open(place, CHANCE)).mean(axis=0, keepdims=True)
        return _shift(chance[..., None], step, shift, shape), step.delay[None]
    chance = draw_chances(step, luck.draws, luck.open(place, CHANCE))[..., None]
    if step.wobble.own > 0 or step.wobble.shared > 0:
        chance = _vary(chance, step.wobble, shape, luck.open(place, MONTHS))
    delay = draw_delays(step, luck.draws, luck.open(place, DELAY))
    return _shift(chance, step, shift, shape), delay


def _vary(
    chance: Floats, wobble: Wobble, shape: tuple[int, ...], rng: np.random.Generator
) -> Floats:
    """Return chances that differ per month, with the same mean.

    Normal on the scale of log-odds; by how much the mean of those must lie further out follows from
    MacKay's approximation (Neural Computation 1992).
    """
    lot = chance * (1 - chance)
    own, shared = (np.sqrt(part / lot) for part in (wobble.own, wobble.shared))
    size = np.sqrt(own**2 + shared**2)
    small = np.minimum(WIDEST / np.maximum(size, TINY), 1.0)
    noise = rng.standard_normal((shape[0], 1, shape[2])) * (shared * small)
    noise = noise + rng.standard_normal(shape) * (own * small)
    stretch = np.sqrt(1 + np.pi / 8 * np.minimum(size, WIDEST) ** 2)
    odds = np.log(chance / (1 - chance)) * stretch + noise
    return np.asarray(1 / (1 + np.exp(-odds)))


def _shift(chance: Floats, step: Step, shift: Shift, shape: tuple[int, ...]) -> Floats:
    if step.name in shift:
        by = shift[step.name][:, None]
        with np.errstate(over="ignore"):
            moved = 1 / (1 + (1 - chance) / chance * np.exp(-by))
        chance = np.where(by == 0, chance, moved)
    return np.broadcast_to(chance, shape)


def _place_waiting(one: _Try, shape: tuple[int, ...]) -> tuple[Small, Small]:
    """Return known cases in the month in which they came, and those that are late to be counted.

    A count by month of entry cannot have failed unseen: where it has not come in though all its
    delay has passed, it is as if it had just begun.
    """
    months = np.zeros((shape[1], one.past), np.float32)
    overdue = np.zeros(shape[1:], np.float32)
    if one.waiting is not None:
        months[:, one.past - one.waiting.counts.shape[1] :] = one.waiting.counts[:, ::-1]
    if one.step.name in COHORT_STEPS:
        last = max(one.past - int(np.flatnonzero(one.step.delay)[-1]), 0)
        overdue[:, :last] = months[:, :last]
        months[:, :last] = 0
    return months, overdue
