"""What a notebook starts from: made-up people with a known truth, and the settings of training."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from features.contract import default_contract
from features.synthetic import Cohort, World, build_cohort, write_cohort
from features.tables import Extract, read_extract
from training.config import Config, read_config

PERSONS = "KANTELPUNT_NOTEBOOK_PERSONS"  # fewer, for a quick run of a notebook
CONFIG = "KANTELPUNT_NOTEBOOK_CONFIG"  # a file of settings, for the same


@dataclass(frozen=True)
class Bench:
    """A synthetic extract in a folder of its own, its truth, and settings."""

    folder: Path
    cohort: Cohort
    extract: Extract
    config: Config

    def find_truth(self, case_id: ArrayLike, screened_on: ArrayLike) -> pd.DataFrame:
        """Return the true p_usual, p_support and gain of screenings, in their order."""
        days = pd.to_datetime(np.asarray(screened_on)).as_unit("s")
        asked = pd.DataFrame({"case_id": np.asarray(case_id, dtype=object), "screened_on": days})
        truth = self.cohort.truth.assign(
            case_id=self.cohort.truth["case_id"].astype(object),
            screened_on=pd.to_datetime(self.cohort.truth["screened_on"]).dt.as_unit("s"),
        )
        return asked.merge(truth, on=["case_id", "screened_on"], how="left")

    def tell_truth(self, name: str) -> NDArray[np.float64]:
        """Return a column of the truth, one value per row of the cases."""
        cases = self.extract.cases
        found = self.find_truth(cases["case_id"], cases["screened_on"])[name]
        return np.asarray(found, dtype=np.float64)


def open_bench(world: World = "default", persons: int = 20_000, seed: int = 7) -> Bench:
    """Return made-up people of a world, as an extract that was written and read again.

    `KANTELPUNT_NOTEBOOK_PERSONS` bounds how many, `KANTELPUNT_NOTEBOOK_CONFIG` names other
    settings: with both, a notebook runs in seconds.
    """
    folder = Path(tempfile.mkdtemp()) / "extract"
    most = int(os.environ.get(PERSONS, persons))
    cohort = build_cohort(default_contract(), min(persons, most), seed, world=world)
    write_cohort(cohort, folder, default_contract())
    return Bench(folder, cohort, read_extract(folder), read_settings())


def read_settings() -> Config:
    """Return the settings of training, or those that `KANTELPUNT_NOTEBOOK_CONFIG` names."""
    settings = os.environ.get(CONFIG)
    return read_config(Path(settings)) if settings else read_config()
