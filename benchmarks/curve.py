"""The return curve beside its truth, with and without support, in the worlds default and null.

`python -m benchmarks.curve [PERSONS]`. Learnt from some persons, compared on others by each day:
the mean with the mean of the true chances, and the same within fifths of the curve. Twice: from
the estimate at the horizon, with its own errors, and from the true chance at the horizon, so that
the errors of the curve itself show. The synthetic law gives the truth of every person and day.
"""

import sys
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.gain import make_world
from benchmarks.report import Board
from features.cohort import build_screenings
from features.contract import default_contract
from features.matrix import Matrix, build_matrix
from features.synthetic import World
from features.synthetic.cohort import DEFAULT_UNTIL
from features.synthetic.courses import Law, build_law, chance, find_p_usual, find_supported_rate
from features.synthetic.population import draw_population
from features.synthetic.world import read_rules
from features.tables import Extract
from features.trial import build_trial
from models.curve import Band, CurveHead, Curves, trace_curves
from models.curve_fit import fit_curve
from models.effects import measure_effects
from models.estimate import Estimates, GainStatus, Sums
from models.gain import fit_gain
from models.heads import GainHead, SpreadHead
from models.screening import ScreeningModel
from models.usual import Sample, Shape, fit_usual
from training.config import read_config

Floats = NDArray[np.float64]
SHAPE = Shape(4, 300, 0.5, 0.0)
SEED = 1
MOST_SECONDS = 8.0  # on 100,000 screenings


@dataclass(frozen=True)
class Truth:
    """Fresh persons with their true chances by each day: cases x days."""

    matrix: Matrix
    usual: Floats
    support: Floats


def find_law(extract: Extract, world: World, seed: int) -> tuple[Law, Floats]:
    """Return the law of every screening, and the day of it after the first of its case."""
    cases, rules = extract.cases, read_rules()
    persons = cases["case_id"].nunique()
    size = max(persons, rules.cohort.smallest)
    population = draw_population(default_contract(), rules, size, seed, DEFAULT_UNTIL)
    law = build_law(population, helps=world != "null")
    person = cases["case_id"].str[1:].astype(int).to_numpy() - 1
    first = cases.groupby("case_id")["screened_on"].transform("min")
    after = (cases["screened_on"] - first).dt.days.to_numpy(dtype=float)
    return law.take(person), after


def find_usual(law: Law, after: Floats, days: int) -> Floats:
    """Return the chance to be back by a day after the screening, without support."""
    return chance(law.returning, law.leaving, law.clock(after + days) - law.clock(after))


def find_supported(law: Law, after: Floats, days: int) -> Floats:
    """Return the same with support from the screening on: lock-in, help, and the usual after."""
    if not law.helps:
        return find_usual(law, after, days)
    quick = find_supported_rate(law, after)
    legs = (
        (0.0, law.lock_in_days, law.lock_in_rate * law.returning),
        (law.lock_in_days, law.horizon, quick),
        (law.horizon, np.inf, law.returning),
    )
    back, off = np.zeros(len(after)), np.ones(len(after))
    for begin, end, rate in legs:
        if days > begin:
            span = law.clock(after + min(end, days)) - law.clock(after + begin)
            back += off * chance(rate, law.leaving, span)
            off *= np.exp(-(rate + law.leaving) * span)
    return back


def make_truth(world: World, persons: int, seed: int, days: tuple[int, ...]) -> Truth:
    """Return fresh persons of a world."""
    made = make_world(world, persons, seed)
    law, after = find_law(made.extract, world, seed)
    if not np.allclose(find_p_usual(law, after), made.p_usual):
        raise ValueError("the law is of other persons than the extract")
    return Truth(
        build_matrix(made.extract.cases, made.extract.contract),
        np.column_stack([find_usual(law, after, day) for day in days]),
        np.column_stack([find_supported(law, after, day) for day in days]),
    )


def learn(extract: Extract, world: World, board: Board) -> tuple[ScreeningModel, CurveHead]:
    """Return a model without intervals of its own, and its curve."""
    config = read_config()
    usual = fit_usual(Sample.of(build_screenings(extract)), SHAPE, config.usual, SEED)
    trial = build_trial(extract, seed=SEED)
    effects = measure_effects(trial, config.usual, config.gain, SEED)
    gain = fit_gain(effects, config.usual, config.gain, SEED)
    began = time.perf_counter()
    fitted = fit_curve(extract, effects, trial_seed=SEED, seed=SEED)
    seconds, most = time.perf_counter() - began, MOST_SECONDS * max(len(extract.cases) / 1e5, 1.0)
    board.add(f"{world}: learning the curve", seconds, "s", f"within {most:.0f}", seconds <= most)
    for note in fitted.notes:
        board.add(
            f"{world}: day {note.days}, share moved by support", 100 * note.measured, "points"
        )
        board.add(f"{world}: day {note.days}, its standard error", 100 * note.error, "points")
    if fitted.head is None:
        raise ValueError("nothing was settled: bring more persons")
    sure = SpreadHead(None, 0.0)
    head = GainHead(GainStatus.ESTIMATED, gain.head, sure, None)
    return ScreeningModel(extract.contract, usual, sure, head), fitted.head


def take_ends(truth: Truth, place: int) -> Estimates:
    """Return the true chances at the horizon as if they were estimates."""
    usual, support = truth.usual[:, place], truth.support[:, place]
    nought = np.zeros(len(usual))

    def make(p: Floats) -> Sums:
        return Sums(p, p, p, 0.0, np.zeros_like(truth.matrix), nought)

    return Estimates(make(usual), make(support - usual), make(support), GainStatus.ESTIMATED)


def compare(name: str, band: Band, truth: Floats, days: tuple[int, ...], board: Board) -> None:
    """Print how far the means are off, over all and in the worst fifth of the curve."""
    for place, day in enumerate(days):
        p, true = 100 * band.value[:, place], 100 * truth[:, place]
        fifths = [float((p[r] - true[r]).mean()) for r in np.array_split(np.argsort(p), 5)]
        board.add(f"{name}, day {day}: true mean", float(true.mean()), "points")
        board.add(f"{name}, day {day}: mean error", float((p - true).mean()), "points")
        board.add(f"{name}, day {day}: error in the worst fifth", max(fifths, key=abs), "points")


def check(world: World, from_truth: Curves, truth: Truth, board: Board) -> None:
    """Hold the curve itself against its limits."""
    for name, band, true in (
        ("without", from_truth.usual, truth.usual),
        ("with", from_truth.support, truth.support),
    ):
        off = 100 * float(np.abs((band.value - true).mean(axis=0)).max())
        board.add(f"{world}, {name} support: curve off by", off, "points", "within 1", off <= 1)
    if world == "null":
        apart = 100 * float(np.abs(from_truth.usual.value - from_truth.support.value).max())
        board.add("null: the two curves are apart by", apart, "points", "within 0.5", apart <= 0.5)


def main() -> None:
    """Measure both worlds; PERSONS from the command line."""
    persons = int(sys.argv[1]) if len(sys.argv) > 1 else 60_000
    board = Board("curve")
    worlds: tuple[World, ...] = ("default", "null")
    for world in worlds:
        model, curve = learn(make_world(world, persons, 50).extract, world, board)
        truth = make_truth(world, 20_000, 77, curve.days)
        curves = trace_curves(curve, model.estimate_many(truth.matrix), truth.matrix)
        ends = take_ends(truth, curve.days.index(curve.horizon_days))
        from_truth = trace_curves(curve, ends, truth.matrix)
        compare(f"{world}, without support", curves.usual, truth.usual, curve.days, board)
        compare(f"{world}, with support", curves.support, truth.support, curve.days, board)
        check(world, from_truth, truth, board)
    board.close()


if __name__ == "__main__":
    main()
