from dataclasses import replace

import pytest

from features.cohort import build_screenings
from features.contract import default_contract
from features.synthetic import build_cohort, write_cohort
from features.tables import read_extract
from models.screening import ScreeningModel
from models.spread import fit_spread
from models.usual import Sample, Shape, fit_usual
from training.config import read_config


@pytest.fixture(scope="session")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> ScreeningModel:
    """A model of the default contract, learnt from 8,000 made-up persons."""
    folder = tmp_path_factory.mktemp("behaviour") / "data"
    write_cohort(build_cohort(default_contract(), 8000, seed=9), folder, default_contract())
    sample = Sample.of(build_screenings(read_extract(folder)))
    usual = replace(read_config().usual, learning_rate=0.1, threads=1)
    shape = Shape(leaves=4, rounds=120, share=0.5, squared_error=0.0)
    head = fit_usual(sample, shape, usual, seed=1)
    spread = replace(read_config().spread, refits=3, most_cases=3000, rounds=30, learning_rate=0.1)
    return ScreeningModel(
        sample.contract, head, fit_spread(sample, head, shape, usual, spread, seed=1)
    )
