"""The same work here and on a cluster of Dask with two workers on this machine.

`python -m benchmarks.engine [ROWS ...]`. Scoring: a Parquet file of cases to a Parquet file with
reasons, two processes here against two workers. Trees: 300 rounds of 8 leaves on rows like those
of p_usual. Quality: p_usual learnt from the learn window, here and there with the same seeds,
judged on the later test window. Then, from the processor time of workers and of the machine in
front, what 10 million spells a year would take: who else uses this machine stretches the clock, and
not that time.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

import training.score_file
from benchmarks.report import Board
from benchmarks.scoring import use_of_children
from features.contract import default_contract
from features.synthetic import build_cohort, write_cohort
from features.tables import Extract, read_extract
from models.boosting import grow_here, growing_with
from models.bundle import read_bundle, write_bundle
from models.suggestion import read_limits
from models.usual import Shape, fit_usual
from training.config import Config, read_config
from training.engine import Cluster, join_cluster
from training.engine_grow import Grower
from training.engine_score import score_with
from training.evaluate import measure
from training.info import build_info
from training.pipeline import train
from training.rivals import OURS, compare_errors
from training.samples import take_samples
from training.score_file import score_file
from training.score_join import Job, join_parts
from training.splits import build_windows

PERSONS = 12_000  # for the model that scores
JUDGED = 60_000  # for the comparison of what was learnt
SIZES = (100_000, 300_000)
SEEDS = (1, 2, 3)
WORKERS = 2
YEAR = 10_000_000  # spells of the whole European Union
SHAPE = Shape(leaves=8, rounds=300, share=1.0, squared_error=0.0)
TREES = {
    "objective": "regression",
    "num_leaves": SHAPE.leaves,
    "learning_rate": 0.03,
    "min_data_in_leaf": 30,
    "lambda_l2": 5.0,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": WORKERS,
    "verbosity": -1,
}


@dataclass(frozen=True)
class Cost:
    """Seconds per million screenings, of a core.

    `work` is done by workers. `front` is what the machine in front does meanwhile (it reads, packs,
    sends and keeps, and is the scheduler), and `join` what it does at the end: compare keys, and
    write the result.
    """

    work: float
    front: float
    join: float

    def tell(self, cores: int) -> float:
        """Return the seconds for a year with so many cores of workers."""
        return YEAR / 1e6 * (max(self.front, self.work / cores) + self.join)


def clock(work: Callable[[], Any]) -> float:
    """Return the seconds that one call took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def write_cases(extract: Extract, rows: int, path: Path) -> None:
    """Write so many cases: those of the extract again and again, as other cases of others."""
    table = extract.cases
    times = -(-rows // len(table))
    parts = []
    for number in range(times):
        part = table.copy()
        for key in ("case_id", "person_key"):
            part[key] = part[key].astype(str) + f"-{number}"
        parts.append(part)
    pd.concat(parts).head(rows).to_parquet(path, index=False)


def measure_scoring(board: Board, job: Job, cluster: Cluster, rows: int) -> Cost:
    """Time a file here and there, and hold one to the other."""
    local = replace(job, out=job.out.with_name("local.parquet"))
    used = use_of_children() + time.process_time()
    here = clock(lambda: score_file(local, WORKERS))
    used = use_of_children() + time.process_time() - used
    joining: list[float] = []
    with patch.object(training.score_file, "join_parts", _time(join_parts, joining)):
        before = read_clocks(cluster)
        there = clock(lambda: score_file(job, work_off=score_with(cluster)))
        work, front = read_clocks(cluster) - before
    cost = Cost(*(1e6 * float(s) / rows for s in (work, front - joining[0], joining[0])))
    board.add(f"scoring {rows:,} here, {WORKERS} processes", rows / here, "rows/s")
    board.add(f"scoring {rows:,} on Dask, {WORKERS} workers", rows / there, "rows/s")
    for what, each in (
        ("here", 1e6 * used / rows),
        ("by workers", cost.work),
        ("in front meanwhile", cost.front),
        ("in front at the end", cost.join),
    ):
        board.add(f"scoring {rows:,} {what}, of a core", each, "us/row")
    worst = find_worst(local.out, job.out)
    board.add("largest difference in any number", worst, "", "at most 1e-9", worst <= 1e-9)
    told = rows / 1e6 * ((cost.work + cost.front) / WORKERS + cost.join)
    board.add("model: share of the time here that it explains", told / there, "")
    return cost


def read_clocks(cluster: Cluster) -> NDArray[np.float64]:
    """Return the processor time so far of all workers, and of this process with the scheduler."""
    of_workers = cluster.client.run(time.process_time)
    return np.array([sum(of_workers.values()), time.process_time()])


def _time(work: Callable[..., Any], seconds: list[float]) -> Callable[..., Any]:
    def timed(*words: Any) -> Any:
        began = time.process_time()
        found = work(*words)
        seconds.append(time.process_time() - began)
        return found

    return timed


def find_worst(*paths: Path) -> float:
    """Return the largest difference of any number in two files; infinite where more differs.

    A number that only one of them has is more.
    """
    tables = [parquet.read_table(path) for path in paths]
    worst = 0.0
    for name in tables[0].column_names:
        one, other = (table[name] for table in tables)
        if pa.types.is_floating(one.type):
            here, there = (column.to_numpy(zero_copy_only=False) for column in (one, other))
            if not np.array_equal(np.isnan(here), np.isnan(there)):
                return float("inf")
            worst = max(worst, float(np.nan_to_num(np.abs(here - there)).max()))
        elif not one.equals(other):
            return float("inf")
    return worst


def measure_trees(board: Board, like: NDArray[np.float64], cluster: Cluster, rows: int) -> None:
    """Time the growing of trees on rows drawn from real ones, with a little noise."""
    rng = np.random.default_rng(rows)
    matrix = like[rng.integers(0, len(like), rows)]
    matrix += rng.normal(0, 0.01, matrix.shape)
    chance = 1 / (1 + np.exp(-np.nan_to_num(matrix[:, 0] / 20 - 2)))
    target, weight = (rng.random(rows) < chance).astype(np.float64), np.ones(rows)
    grow = Grower(cluster).grow
    here = clock(lambda: grow_here(TREES, matrix, target, weight, SHAPE.rounds))
    there = clock(lambda: grow(TREES, matrix, target, weight, SHAPE.rounds))
    board.add(f"trees on {rows:,} here, {WORKERS} threads", here, "s")
    board.add(f"trees on {rows:,} on Dask, {WORKERS} workers", there, "s")
    board.add(f"rows to bring there for {rows:,}", matrix.nbytes / 2**30, "GiB")


def measure_quality(board: Board, extract: Extract, config: Config, cluster: Cluster) -> None:
    """Compare what both learn, seed by seed, with what two seeds differ by here."""
    samples = take_samples(extract, build_windows(extract, config.windows), config.windows)
    learn, test = samples["learn"], samples["test"]

    def learn_with(seed: int) -> NDArray[np.float64]:
        return fit_usual(learn, SHAPE, config.usual, seed).predict(test.matrix)

    here = [learn_with(seed) for seed in SEEDS]
    with growing_with(Grower(cluster).grow):
        there = [learn_with(seed) for seed in SEEDS]
    found = {OURS: here[0], "another seed here": here[1], "same seed on Dask": there[0]}
    more = compare_errors(found, test, config.evaluate.resamples, 1)
    auc = {name: measure(p, test, config.evaluate, 1)["auc"] for name, p in found.items()}
    for name, one in more.items():
        board.add(f"Brier, {name}: more than here", one.value, f"({one.low:.5f} to {one.high:.5f})")
        board.add(f"AUC, {name}: more than here", auc[name].value - auc[OURS].value, "")
    sides = [
        [float(np.average((p - test.target) ** 2, weights=test.weight)) for p in side]
        for side in (here, there)
    ]
    for where, side in zip(("here", "on Dask"), sides, strict=True):
        board.add(f"Brier, spread between seeds {where}", float(np.std(side, ddof=1)), "")
    more_there = float(np.mean(sides[1]) - np.mean(sides[0]))
    board.add(
        f"Brier over {len(SEEDS)} seeds, there less here",
        more_there,
        f"on {len(learn):,} and {len(test):,} screenings",
        "at most 0.0005 apart",
        abs(more_there) <= 0.0005,
    )


def tell_year(board: Board, cost: Cost) -> None:
    """Print what a year of the whole Union would take, if all goes as it went here."""
    for cores in (2, 4, 8, 16, 32):
        minutes = cost.tell(cores) / 60
        board.add(f"model: {YEAR:,} screenings scored on {cores} cores", minutes, "min")
    least = YEAR / 1e6 * (cost.front + cost.join) / 60
    board.add("model: with more cores than there is use for", least, "min")
    board.add("model: cores that the machine in front can keep busy", cost.work / cost.front, "")


def measure_all(board: Board, cluster: Cluster, folder: Path, sizes: tuple[int, ...]) -> None:
    """Measure quality, scoring and trees on one cluster."""
    config, contract = read_config(), default_contract()
    write_cohort(build_cohort(contract, JUDGED, seed=22), folder / "judged", contract)
    measure_quality(board, read_extract(folder / "judged"), config, cluster)
    write_cohort(build_cohort(contract, PERSONS, seed=21), folder / "data", contract)
    extract = read_extract(folder / "data")
    trained = train(extract, config, 1, lambda _: None)
    write_bundle(folder / "bundle", trained.model, build_info(trained, extract, 1), "# card\n")
    bundle = read_bundle(folder / "bundle")
    cost = Cost(0.0, 1.0, 0.0)
    for rows in sizes:
        write_cases(extract, rows, folder / "cases.parquet")
        job = Job(
            *(folder / "cases.parquet", folder / "out.parquet", bundle),
            *(folder / "bundle", read_limits()),
        )
        cost = measure_scoring(board, job, cluster, rows)
        measure_trees(board, trained.test.matrix, cluster, rows)
    tell_year(board, cost)


def main() -> None:
    """Start two workers here, and measure."""
    from distributed import LocalCluster

    sizes = tuple(int(word) for word in sys.argv[1:]) or SIZES
    board = Board("engine")
    began = time.perf_counter()
    with (
        tempfile.TemporaryDirectory() as name,
        LocalCluster(WORKERS, threads_per_worker=1, dashboard_address=":0") as started,
        join_cluster(
            started.scheduler_address, replace(read_config().engine, fewest_cases=1)
        ) as it,
    ):
        board.add("a cluster of two workers is there after", time.perf_counter() - began, "s")
        measure_all(board, it, Path(name), sizes)
    board.close()


if __name__ == "__main__":
    main()
