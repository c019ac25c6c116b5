"""The parts of the benchmark of a cluster that need no cluster."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

import training.score_file
from benchmarks import engine
from benchmarks.engine import Cost, find_worst, measure_scoring
from benchmarks.report import Board
from models.bundle import Bundle
from training.engine import Cluster
from training.score_join import Job


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


def test_a_machine_that_others_use_does_not_change_the_model(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = iter([{"one": 1.0, "other": 2.0}, {"one": 3.0, "other": 5.0}])
    here = iter([0.0, 1.0, 10.0, 11.0, 11.5, 12.0])  # of this process: front 1.5 s, join 0.5 s
    clocks = SimpleNamespace(process_time=lambda: next(here))
    monkeypatch.setattr("benchmarks.engine.time", clocks)
    monkeypatch.setattr(engine, "clock", lambda work: (work(), 3600.0)[1])
    monkeypatch.setattr(engine, "find_worst", lambda *_: 0.0)
    monkeypatch.setattr(engine, "score_with", lambda _: "on Dask")
    monkeypatch.setattr(engine, "join_parts", lambda *_: None)

    def score(job: Job, threads: int = 1, work_off: object = None) -> None:
        if work_off:
            vars(training.score_file)["join_parts"](job, threads)

    monkeypatch.setattr(engine, "score_file", score)
    cluster = Cluster(SimpleNamespace(run=lambda _: next(said)), cast("Any", None))
    job = Job(tmp_path / "cases", tmp_path / "out", cast("Bundle", None), tmp_path, ())

    cost = measure_scoring(Board("engine"), job, cluster, 1_000_000)

    assert cost == Cost(work=5.0, front=1.5, join=0.5)
