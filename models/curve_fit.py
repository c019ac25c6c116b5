"""Learning the return curve: who of those who returned did so sooner, and who does later."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.contract import Contract
from features.matrix import Matrix
from features.tables import Extract
from models.calibration import keep_clear
from models.curve import CurveHead, CurveStep
from models.curve_rows import People, Rows, Support, list_days, see_screenings, see_support
from models.effects import Effects, sum_by_person
from models.heads import NINETY_PERCENT, AdditiveHead
from models.linear import fit_linear
from models.usual import split_by_person

Floats = NDArray[np.float64]
FEWEST = 200  # rows; on fewer, a share given some tens of inputs is guesswork
HALVINGS = 2
MOST_ERROR = 0.5  # the standard deviation of an outcome of 0 or 1 is never larger


@dataclass(frozen=True)
class StepNote:
    """How one day of the curve was learnt.

    Where too few screenings are `settled` the day is `left_out`. Among so many `supported`, support
    changed the share by `measured`, with a standard `error`; `shift` is what is left of it where
    it may be chance.
    """

    days: int
    settled: int
    left_out: bool
    supported: int = 0
    measured: float = 0.0
    error: float = MOST_ERROR
    shift: float = 0.0


@dataclass(frozen=True)
class FittedCurve:
    """The curve, None where too little was settled, and how each of its days was learnt."""

    head: CurveHead | None
    notes: tuple[StepNote, ...]

    def describe(self) -> list[dict[str, Any]]:
        """Return the notes as plain values."""
        return [asdict(note) for note in self.notes]


def fit_curve(
    extract: Extract,
    effects: Effects | None = None,
    *,
    trial_seed: int = 0,
    as_of: date | None = None,
    seed: int = 0,
) -> FittedCurve:
    """Return the curve learnt from all screenings made by `as_of`.

    `effects` are those of the trial that `build_trial` makes with `trial_seed` and `as_of`; without
    them support shifts nothing.
    """
    people = see_screenings(extract, as_of)
    support = None
    if effects is not None:
        support = see_support(extract, effects, trial_seed=trial_seed, as_of=as_of)
    steps: list[CurveStep] = []
    notes: list[StepNote] = []
    for note, rows, before in plan_curve(people, extract.contract):
        if not note.left_out:
            head = _fit_share(extract.contract, rows)
            note = note if support is None else _measure_shift(note, head, support, before)
            error = _measure_error(extract.contract, rows, seed)
            steps.append(CurveStep(note.days, head, error, note.shift, note.error))
        notes.append(note)
    return FittedCurve(CurveHead(people.horizon, tuple(steps)) if steps else None, tuple(notes))


def plan_curve(people: People, contract: Contract) -> Iterator[tuple[StepNote, Rows, int]]:
    """Yield each day of the curve: whether enough tell of it, who does, and the day before it."""
    before = people.horizon
    for days in list_days(contract):
        rows, settled = people.select(days, before), people.count_settled(days)
        left_out = min(len(rows), settled) < FEWEST
        yield StepNote(days, settled, left_out=left_out), rows, before
        before = before if left_out else max(before, days)


def _fit_share(contract: Contract, rows: Rows) -> AdditiveHead:
    lines = fit_linear(contract, rows.matrix, rows.target, rows.weight)
    return AdditiveHead(lines, None, 0.0)


def _predict_share(head: AdditiveHead, matrix: Matrix) -> Floats:
    return np.clip(head.predict(matrix), 0.0, 1.0)


def _measure_error(contract: Contract, rows: Rows, seed: int) -> float:
    """Return the standard error of a share: lines from halves of the persons differ by twice it."""
    squares = []
    for number in range(HALVINGS):
        first, second = split_by_person(rows.person, 2, seed + number)
        if not (first.any() and second.any()):
            return MOST_ERROR
        one, other = (
            _predict_share(_fit_share(contract, rows.take(half)), rows.matrix)
            for half in (first, second)
        )
        squares.append(float(np.average((one - other) ** 2, weights=rows.weight)) / 4)
    return float(np.sqrt(np.mean(squares)))


def _measure_shift(note: StepNote, head: AdditiveHead, support: Support, before: int) -> StepNote:
    """Return what support does to the share of a day, drawn to 0 where it may be chance.

    A row counts for the chance that it had gone the other way (overlap weights; Li, Morgan and
    Zaslavsky 2018): no row then counts for many, as with one over a small chance.
    """
    rows = support.people.select(note.days, before)
    rows = rows.take(~np.isnan(support.chance[rows.place]))
    supported = support.trial.supported[rows.place] == 1
    fewest = min(int(supported.sum()), int((~supported).sum()))
    note = replace(note, supported=int(supported.sum()))
    if fewest < FEWEST:
        return replace(note, error=MOST_ERROR / float(np.sqrt(max(fewest, 1))))
    chance = support.chance[rows.place]
    weight = rows.weight * np.where(supported, 1 - chance, chance)
    rest = rows.target - _predict_share(head, rows.matrix)
    measured, error = 0.0, np.zeros(len(rows))
    for sign, arm in ((1, supported), (-1, ~supported)):
        mean = float(np.average(rest[arm], weights=weight[arm]))
        measured += sign * mean
        error[arm] = sign * weight[arm] * (rest[arm] - mean) / weight[arm].sum()
    wide = float(np.sqrt((sum_by_person(rows.person, error) ** 2).sum()))
    shift = keep_clear(measured, wide, NINETY_PERCENT)
    return replace(note, measured=measured, error=wide, shift=shift)
