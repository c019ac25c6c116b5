from dataclasses import replace
from pathlib import Path

import pytest

from models.bundle import write_bundle
from models.screening import ScreeningModel
from models.spread import fit_spread
from models.usual import choose_shape, fit_usual
from tests.models.worlds import make_sample
from training.config import read_config

FAST = replace(read_config().usual, most_rounds=150, round_step=50, folds=3, learning_rate=0.1)


@pytest.fixture(scope="session")
def model() -> ScreeningModel:
    sample = make_sample(3000)
    shape = choose_shape(sample, FAST, seed=1)
    head = fit_usual(sample, shape, FAST, seed=1)
    spread = fit_spread(
        sample,
        head,
        shape,
        FAST,
        replace(read_config().spread, refits=4, rounds=60, learning_rate=0.1),
        seed=1,
    )
    return ScreeningModel(sample.contract, head, spread)


@pytest.fixture
def bundle_folder(model: ScreeningModel, tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    write_bundle(folder, model, {"trained_on": "2026-06-30"}, "# Card\n")
    return folder
