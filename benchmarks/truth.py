"""How close the chances and their intervals come to the synthetic truth, with and without answers.

`python -m benchmarks.truth`: fresh persons that the model did not learn from. The truth of a
person holds things that no input tells (unseen motivation), so two distances are printed: to the
person's own chance, and to the best that the inputs can say of it: the mean truth of like persons,
found by fitting the truth itself on many more of them.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Board
from features.contract import Contract, default_contract
from features.matrix import build_matrix
from features.synthetic import build_cohort, write_cohort
from features.tables import Extract, read_extract
from models.estimate import Sums
from training.config import read_config
from training.pipeline import train

Floats = NDArray[np.float64]
BEST = {
    "objective": "regression",
    "num_leaves": 63,
    "learning_rate": 0.05,
    "min_data_in_leaf": 50,
    "feature_fraction": 0.5,
    "num_threads": 2,
    "verbosity": -1,
}


@dataclass(frozen=True)
class World:
    """A cohort as an extract, a matrix and the true chances."""

    extract: Extract
    matrix: Floats
    truth: Floats
    p_support: Floats


def make_world(contract: Contract, persons: int, seed: int) -> World:
    """Return a cohort of world default."""
    cohort = build_cohort(contract, persons, seed)
    with tempfile.TemporaryDirectory() as folder:
        write_cohort(cohort, Path(folder) / "data", contract)
        extract = read_extract(Path(folder) / "data")
    keys = ["case_id", "screened_on"]
    truth = cohort.truth.assign(screened_on=cohort.truth["screened_on"].astype("datetime64[s]"))
    known = extract.cases[keys].merge(truth, on=keys)
    p_usual, p_support = (known[name].to_numpy() for name in ("p_usual", "p_support"))
    return World(extract, build_matrix(extract.cases, contract), p_usual, p_support)


def main() -> None:
    """Train on one cohort, compare with the truth of another."""
    board = Board("truth")
    contract = default_contract()
    trained = train(make_world(contract, 40_000, 31).extract, read_config(), 1, lambda _: None)
    for name, figures in {**trained.figures, **trained.groups}.items():
        board.add(f"{name}: AUC on the test window", figures["auc"].value, "")
    fresh = make_world(contract, 30_000, 32)
    found = trained.model.estimate_many(fresh.matrix)
    best = np.asarray(fit_best(make_world(contract, 200_000, 33)).predict(fresh.matrix))
    answered = np.asarray(~np.isnan(fresh.matrix[:, list(contract.answers)]).all(axis=1))
    error = 100 * float((found.usual.value - fresh.truth).mean())
    board.add("mean error of p_usual", error, "points", "within 2", abs(error) <= 2)
    for name, rows in (("with answers", answered), ("without answers", ~answered)):
        compare(found.usual, fresh.truth, rows, f"{name}, own chance", board)
        compare(found.usual, best, rows, f"{name}, best that inputs say", board)
        known = rows & found.is_known
        compare(found.support, fresh.p_support, known, f"{name}, own chance with support", board)
    board.close()


def fit_best(world: World) -> lightgbm.Booster:
    """Return the mean truth of like persons."""
    return lightgbm.train(BEST, lightgbm.Dataset(world.matrix, world.truth), 600)


def compare(found: Sums, truth: Floats, rows: NDArray[np.bool_], name: str, board: Board) -> None:
    """Print error, correlation, and how often the 90 % interval holds the truth."""
    p, low, high = found.value[rows], found.low[rows], found.high[rows]
    board.add(f"{name}: mean absolute error", 100 * float(np.abs(p - truth[rows]).mean()), "points")
    board.add(f"{name}: correlation", float(np.corrcoef(p, truth[rows])[0, 1]), "")
    held = float(((low <= truth[rows]) & (truth[rows] <= high)).mean())
    board.add(f"{name}: 90 % interval holds it", held, "")
    board.add(f"{name}: mean width of the interval", 100 * float((high - low).mean()), "points")


if __name__ == "__main__":
    main()
