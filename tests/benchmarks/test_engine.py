"""The parts of the benchmark of a cluster that need no cluster."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.engine import Cost, find_worst


@pytest.mark.parametrize(
    ("there", "worst"),
    [([0.1, np.nan], 0.0), ([0.1 + 1e-6, np.nan], 1e-6), ([0.1, 0.2], np.inf)],
)
def test_a_number_that_is_missing_on_one_side_is_a_difference(
    there: list[float], worst: float, tmp_path: Path
) -> None:
    for name, values in (("here", [0.1, np.nan]), ("there", there)):
        pd.DataFrame({"p_usual": values}).to_parquet(tmp_path / name)

    assert find_worst(tmp_path / "here", tmp_path / "there") == pytest.approx(worst)


def test_more_cores_do_not_help_once_the_machine_in_front_is_busy() -> None:
    cost = Cost(work=32.0, front=1.0, join=2.0)

    assert cost.tell(2) == 10 * (16 + 2)
    assert cost.tell(32) == cost.tell(64) == 10 * (1 + 2)
