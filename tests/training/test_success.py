"""What goes with return among people who started support."""

from pathlib import Path

import numpy as np
import pandas as pd

from features.tables import Extract, read_extract
from tests.factories import (
    make_contract,
    make_extract_tables,
    write_extract,
)
from tests.training.explained import RESAMPLES
from training.success import Success, find_success


def test_what_goes_with_return_among_the_supported_is_found(tmp_path: Path) -> None:
    success = find_success(make_insured_extract(tmp_path, 900), 1, RESAMPLES)

    strongest = success.factors[0]
    assert success.supported == 300
    assert strongest.label_nl == "Verzekerd"
    assert strongest.is_clear
    assert strongest.more.value * (1 if strongest.value_nl == "ja" else -1) > 0.5
    assert all(abs(one.more.value) < 0.2 for one in success.factors[1:])


def test_too_few_supported_people_tell_nothing(tmp_path: Path) -> None:
    success = find_success(make_insured_extract(tmp_path, 300), 1, RESAMPLES)

    assert success == Success(100, None, ())


def make_insured_extract(folder: Path, count: int) -> Extract:
    """Return people of whom the insured, and nobody else, return after support began."""
    contract = make_contract()
    tables = make_extract_tables(count, contract, insured=np.arange(count) // 3 % 2)
    cases = tables["cases"]
    back = cases[cases["insured"] == 1].reset_index(drop=True)
    day = pd.Timedelta(days=1)
    work = pd.DataFrame(
        {
            "case_id": back["case_id"],
            "started_on": back["screened_on"] + 100 * day,
            "ended_on": back["screened_on"] + 400 * day,
        }
    )
    return read_extract(write_extract(folder, tables, work_periods=work), contract)
