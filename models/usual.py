"""Learning p_usual: boosted trees with few leaves and straight lines, mixed by held-out error."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import lightgbm
import numpy as np
from numpy.typing import NDArray

from features.cohort import Screenings
from features.contract import Contract
from features.matrix import Matrix
from features.outcomes import weigh
from models.boosting import grow_trees
from models.heads import AdditiveHead, LinearHead, TreeHead
from models.levels import LevelTable, fit_levels
from models.linear import fit_linear
from models.trees import Trees, average_trees

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
LEAVES_OF_ONE_TREE = 8  # as many as a depth of 3 can have
FEWEST_FOR_THREADS = 5000  # on fewer rows, threads wait for each other more than they work


@dataclass(frozen=True)
class UsualConfig:
    """How p_usual is learnt; training/config.toml gives the reason of each number."""

    leaves: tuple[int, ...]
    most_rounds: int
    round_step: int
    learning_rate: float
    fewest_cases_in_leaf: int
    penalty: float
    share_of_fields: float
    share_of_cases: float
    smoothing: float
    folds: int
    most_cases_for_choice: int
    repeats: int
    most_cases_for_repeats: int
    share_spread: float
    threads: int


@dataclass(frozen=True)
class Shape:
    """What was chosen on held-out folds: leaves, rounds, and the share of the trees in the mix."""

    leaves: int
    rounds: int
    share: float
    squared_error: float


@dataclass(frozen=True)
class Sample:
    """Settled screenings as arrays."""

    contract: Contract
    matrix: Matrix
    target: Floats
    weight: Floats
    person: NDArray[np.int64]

    @classmethod
    def of(cls, screenings: Screenings) -> "Sample":
        """Return those with a known outcome, weighted to stand for all of them."""
        weight = weigh(
            screenings.returned,
            screenings.known_days,
            screenings.open_days,
            screenings.by_support,
        )
        known = weight > 0
        return cls(
            screenings.contract,
            screenings.matrix[known],
            screenings.returned[known],
            weight[known],
            screenings.person[known],
        )

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.target)

    def take(self, rows: NDArray[np.intp] | Bools) -> "Sample":
        """Return some of the rows."""
        return Sample(
            self.contract,
            self.matrix[rows],
            self.target[rows],
            self.weight[rows],
            self.person[rows],
        )


def split_by_person(person: NDArray[np.int64], folds: int, seed: int) -> Iterator[Bools]:
    """Yield for each fold which rows are held out; one person is never on both sides."""
    unique, place = np.unique(person, return_inverse=True)
    fold = np.random.default_rng(seed).permutation(len(unique)) % folds
    for number in range(folds):
        yield fold[place] == number


def choose_shape(sample: Sample, config: UsualConfig, seed: int) -> Shape:
    """Return leaves, rounds and share with the least squared error on persons held out.

    On few cases this depends on who is held out with whom: then it is the mean of several tries.
    """
    if len(sample) > config.most_cases_for_choice:
        rng = np.random.default_rng(seed)
        sample = sample.take(rng.permutation(len(sample))[: config.most_cases_for_choice])
    shapes = list_shapes(config)
    tries = [
        _try_shapes(sample, shapes, config, each) for each in _list_seeds(sample, config, seed)
    ]
    share, error = np.mean(tries, axis=0)
    best = int(np.argmin(error))
    return Shape(*shapes[best], float(share[best]), float(error[best]))


def list_shapes(config: UsualConfig) -> list[tuple[int, int]]:
    """Return the leaves and rounds to choose among."""
    rounds = range(config.round_step, config.most_rounds + 1, config.round_step)
    return [(leaves, count) for leaves in config.leaves for count in rounds]


def try_shapes(learn: Sample, judge: Sample, config: UsualConfig, seed: int) -> Floats:
    """Return the squared error on `judge` of each shape of `list_shapes`, learnt from `learn`.

    The share of the trees is the one that suits `judge` best: one number for all of its rows.
    """
    lines = fit_lines(learn).predict(judge.matrix)
    grown = _grow(learn, judge.matrix, list_shapes(config), config, seed)
    return np.array([_mix(judge, trees, lines, config.share_spread)[1] for trees in grown])


def _list_seeds(sample: Sample, config: UsualConfig, seed: int) -> list[int]:
    """Return one seed per repeat; on many cases once is enough."""
    repeats = config.repeats if len(sample) <= config.most_cases_for_repeats else 1
    return [seed + 1000 * number for number in range(repeats)]


def _try_shapes(
    sample: Sample, shapes: list[tuple[int, int]], config: UsualConfig, seed: int
) -> Floats:
    """Return the best share of the trees and its squared error, for each shape."""
    trees, lines = np.zeros((len(shapes), len(sample))), np.zeros(len(sample))
    for held_out in split_by_person(sample.person, config.folds, seed):
        learn, test = sample.take(~held_out), sample.matrix[held_out]
        lines[held_out] = fit_lines(learn).predict(test)
        trees[:, held_out] = _grow(learn, test, shapes, config, seed)
    return np.array([_mix(sample, tree, lines, config.share_spread) for tree in trees]).T


def _grow(
    learn: Sample, matrix: Matrix, shapes: list[tuple[int, int]], config: UsualConfig, seed: int
) -> Floats:
    """Return what boosted trees of each shape say; shapes of like leaves share their trees."""
    found = np.zeros((len(shapes), len(matrix)))
    for leaves in config.leaves:
        head, booster = fit_boosted(learn, leaves, config.most_rounds, config, seed)
        encoded, grown, before = head.encoding.apply(matrix), np.zeros(len(matrix)), 0
        for place, (other, count) in enumerate(shapes):
            if other == leaves:
                grown += booster.predict(
                    encoded,
                    start_iteration=before,
                    num_iteration=count - before,
                    num_threads=config.threads,
                )
                found[place] = grown
                before = count
    return found


def _mix(sample: Sample, trees: Floats, lines: Floats, spread: float) -> tuple[float, float]:
    """Return the share of the trees, and the squared error that it leaves.

    The share with the least error is drawn towards a half, the more so the less surely the cases
    tell it: before any case is seen it is believed to be 0.5, give or take `spread`.
    """
    apart, rest, w = trees - lines, sample.target - lines, sample.weight
    mass = max(float((w * apart**2).sum()), 1e-12)
    best = float((w * rest * apart).sum()) / mass
    variance = float((w**2 * apart**2 * (rest - best * apart) ** 2).sum()) / mass**2
    pull = variance / spread**2
    share = float(np.clip((best + pull * 0.5) / (1 + pull), 0, 1))
    return share, float(np.average((rest - share * apart) ** 2, weights=w))


def fit_usual(sample: Sample, shape: Shape, config: UsualConfig, seed: int) -> AdditiveHead:
    """Return the two parts, learnt from all rows and mixed as `shape` says.

    On few cases the trees depend on chance: then they are the mean of several fits.
    """
    fits = [
        fit_boosted(sample, shape.leaves, shape.rounds, config, each)[0]
        for each in _list_seeds(sample, config, seed)
    ]
    # the table of levels comes from all rows, and so is the same in every fit
    boosted = TreeHead(fits[0].encoding, average_trees([fit.trees for fit in fits]))
    return AdditiveHead(fit_lines(sample), boosted, shape.share)


def fit_lines(sample: Sample) -> LinearHead:
    """Return a straight line per field."""
    return fit_linear(sample.contract, sample.matrix, sample.target, sample.weight)


def fit_single_tree(sample: Sample, config: UsualConfig, seed: int) -> AdditiveHead:
    """Return one tree of at most eight leaves, learnt from all fields and all rows at once."""
    whole = replace(config, learning_rate=1.0, share_of_fields=1.0, share_of_cases=1.0)
    tree, _ = fit_boosted(sample, LEAVES_OF_ONE_TREE, 1, whole, seed)
    return AdditiveHead(fit_lines(sample), tree, 1.0)


def fit_boosted(
    sample: Sample,
    leaves: int,
    rounds: int,
    config: UsualConfig,
    seed: int,
    objective: str = "regression",
) -> tuple[TreeHead, lightgbm.Booster]:
    """Return boosted trees, and the booster that made them.

    On the scale of the target, so that contributions are points; with the objective "binary" they
    are log-odds, and what is predicted is a chance.
    """
    encoded, encoding = _encode(sample, config, seed)
    fewest = max(5, min(config.fewest_cases_in_leaf, len(sample) // 20))
    parameters = {
        "objective": objective,
        "num_leaves": leaves,
        "learning_rate": config.learning_rate,
        "min_data_in_leaf": fewest,
        "lambda_l2": config.penalty,
        "feature_fraction": config.share_of_fields,
        "bagging_fraction": config.share_of_cases,
        "bagging_freq": 1,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": config.threads if len(sample) >= FEWEST_FOR_THREADS else 1,
        "verbosity": -1,
    }
    booster = grow_trees(parameters, encoded, sample.target, sample.weight, rounds)
    return TreeHead(encoding, Trees(booster.model_to_string())), booster


def _encode(sample: Sample, config: UsualConfig, seed: int) -> tuple[Matrix, LevelTable]:
    """Return the matrix with categories as numbers, and the table for new cases.

    Each row is encoded from the outcomes of other persons: its own would leak into its input.
    """

    def fit(part: Sample) -> LevelTable:
        return fit_levels(part.contract, part.matrix, part.target, part.weight, config.smoothing)

    encoded = sample.matrix.copy()
    for held_out in split_by_person(sample.person, config.folds, seed + 1):
        encoded[held_out] = fit(sample.take(~held_out)).apply(sample.matrix[held_out])
    return encoded, fit(sample)
