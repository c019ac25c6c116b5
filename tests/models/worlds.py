"""Small made-up samples and cohorts with a known truth, for the tests of models."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from features.contract import Contract, default_contract, parse_contract
from features.synthetic import World, build_cohort, write_cohort
from features.tables import Extract, read_extract
from models.usual import Sample

SEED = 7
PERSONS = 5000

CONTRACT_TEXT = """
[contract]
name = "small"
version = "1"

[[fields]]
name = "age_years"
kind = "number"
label_nl = "Leeftijd"
unit_nl = "jaar"
low = 16
high = 67
integer = true
source = "test"

[[fields]]
name = "sector"
kind = "category"
label_nl = "Sector"
source = "test"
levels = { care = "zorg", building = "bouw", office = "kantoor" }

[[fields]]
name = "permitted_work"
kind = "flag"
label_nl = "Toegelaten arbeid"
source = "test"
changeable = true
up_nl = "Werkt al met toelating: {value}"

[[fields]]
name = "work_ability"
kind = "answer"
label_nl = "Werkvermogen"
low = 0
high = 10
source = "test"

[[fields]]
name = "expectation"
kind = "answer"
label_nl = "Eigen verwachting"
source = "test"
levels = { never = "niet", later = "later", soon = "binnenkort" }
"""


def make_contract() -> Contract:
    """Return five fields, one of each kind and both sorts of answers."""
    return parse_contract(CONTRACT_TEXT)


def make_matrix(rows: int, seed: int = 0) -> NDArray[np.float64]:
    """Return plausible rows; three in ten without any answer."""
    rng = np.random.default_rng(seed)
    matrix = np.column_stack(
        [
            rng.integers(16, 68, rows),
            rng.integers(0, 3, rows),
            rng.random(rows) < 0.2,
            rng.integers(0, 11, rows),
            rng.integers(0, 3, rows),
        ]
    ).astype(float)
    matrix[rng.random(rows) < 0.05, 1] = np.nan
    matrix[rng.random(rows) < 0.3, 3:] = np.nan
    return matrix


def true_chance(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the chance of return that the samples are drawn with."""
    ability = np.nan_to_num(matrix[:, 3], nan=4.0)
    expects = np.nan_to_num(matrix[:, 4], nan=1.0)
    log_odds = (
        -0.03 * (matrix[:, 0] - 42)
        + np.where(matrix[:, 1] == 1, -0.6, 0.1)
        + 0.6 * matrix[:, 2]
        + 0.15 * (ability - 5)
        + 0.4 * (expects - 1)
    )
    return 1 / (1 + np.exp(-log_odds))


def make_sample(rows: int, seed: int = 0) -> Sample:
    """Return a sample drawn from `true_chance`, every person once."""
    matrix = make_matrix(rows, seed)
    drawn = np.random.default_rng(seed + 1).random(rows) < true_chance(matrix)
    return Sample(make_contract(), matrix, drawn.astype(float), np.ones(rows), np.arange(rows))


def make_extract(world: World, persons: int, contract: Contract) -> Extract:
    """Return a synthetic cohort as an extract."""
    cohort = build_cohort(contract, persons, SEED, world)
    with TemporaryDirectory() as folder:
        write_cohort(cohort, Path(folder) / "data", contract)
        return read_extract(Path(folder) / "data", contract)


@cache
def get_extract(world: World = "default") -> Extract:
    """Return the cohort that tests of models share; they may not change it."""
    return make_extract(world, PERSONS, default_contract())
