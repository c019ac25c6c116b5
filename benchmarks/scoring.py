"""Scoring with reasons beside bare LightGBM contributions of the same model, in one run.

`python -m benchmarks.scoring`. Bare: `Booster.predict(pred_contrib=True)` on a ready matrix of
numbers. Ours: from the cases table to estimates, intervals, suggestions and five Dutch reasons,
written to a Parquet file. Both on two threads, in turns, medians of five rounds.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import lightgbm
import numpy as np

from benchmarks.report import Board
from features.cohort import build_screenings
from features.contract import default_contract
from features.matrix import build_matrix, build_row
from features.requests import build_example, check_case
from features.synthetic import build_cohort, write_cohort
from features.tables import Extract, read_extract
from models.bundle import Bundle, read_bundle, write_bundle
from models.reasons import reasons_nl
from models.suggestion import get_limits, read_limits, suggest
from training.config import read_config
from training.info import build_info
from training.pipeline import train
from training.score import score_cases, write_scores

ROUNDS = 5
ROWS = 40_000


def build(folder: Path) -> tuple[Bundle, Extract]:
    """Return a bundle trained with the settings that ship, and cases to score."""
    contract = default_contract()
    write_cohort(build_cohort(contract, 40_000, seed=21), folder / "data", contract)
    extract = read_extract(folder / "data")
    config = read_config()
    trained = train(extract, config, 1, lambda _: None)
    info = build_info(trained, extract, 1)
    write_bundle(folder / "bundle", trained.model, info, "# card\n")
    return read_bundle(folder / "bundle"), extract


def clock(work: Callable[[], object]) -> float:
    """Return the seconds that one call took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Measure many cases, then one case."""
    board = Board("scoring")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle, extract = build(folder)
        cases = extract.cases.head(ROWS)
        trees = bundle.model.usual.trees
        booster = lightgbm.Booster(model_str=trees.trees.text)
        ready = trees.encoding.apply(build_matrix(cases, bundle.contract))

        def bare() -> object:
            return booster.predict(ready, pred_contrib=True, num_threads=2)

        def ours() -> object:
            return write_scores(
                score_cases(cases, bundle, read_limits(), threads=2), folder / "out.parquet"
            )

        times = [(clock(bare), clock(ours)) for _ in range(ROUNDS + 1)][1:]
        rates = [len(cases) / statistics.median(column) for column in zip(*times, strict=True)]
        board.add("bare pred_contrib", rates[0], "rows/s")
        board.add("ours, with reasons, to a file", rates[1], "rows/s")
        share = rates[1] / rates[0]
        board.add("ours / bare", share, "", "at least 0.60", share >= 0.60)
        measure_one(bundle, board)
        check_additivity(bundle, extract, board)
    board.close()


def measure_one(bundle: Bundle, board: Board) -> None:
    """Time one case from the request's values to suggestion and reasons."""
    request = build_example(bundle.contract)
    limits = get_limits(date(2026, 1, 1), read_limits())

    def one() -> object:
        row = build_row(check_case(request, bundle.contract), bundle.contract)
        found = bundle.estimate(row)
        return suggest(found, limits), reasons_nl(found.usual.contributions, row, bundle.contract)

    times = sorted(clock(one) for _ in range(500))
    board.add("one case in process, median", 1000 * times[250], "ms")
    board.add("one case in process, p95", 1000 * times[475], "ms")


def check_additivity(bundle: Bundle, extract: Extract, board: Board) -> None:
    """Print by how much base, contributions and limit miss the estimate, at worst."""
    found = bundle.estimate_many(build_screenings(extract).matrix)
    total = found.usual.base + found.usual.contributions.sum(axis=1) + found.usual.limit
    worst = float(np.abs(total - found.usual.value).max())
    board.add("additivity, worst error", worst, "", "at most 1e-9", worst <= 1e-9)


if __name__ == "__main__":
    main()
