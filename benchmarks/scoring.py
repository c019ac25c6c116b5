"""Scoring with reasons beside bare LightGBM contributions of the same model, in one run.

`python -m benchmarks.scoring [FOLDER]`; a model and a million screenings in FOLDER already are
used again. Bare: `Booster.predict(pred_contrib=True)` of every head whose reasons are shown, on a
ready matrix of numbers in memory, its result thrown away; the trees of intervals and of overlap are
left out. Ours: `kantelpunt score` as a user starts it, from a cases file to a file with estimates,
intervals, suggestions and reasons, with all it takes to start. Both on two cores, in turns.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import lightgbm
import numpy as np
from pyarrow import parquet

from benchmarks.report import Board
from benchmarks.resident import watch_resident
from features.cohort import build_screenings
from features.contract import default_contract
from features.drafts import check_rows, stream_table
from features.matrix import Matrix, build_matrix, build_row
from features.requests import build_example, check_case
from features.synthetic import build_cohort, write_cohort
from features.tables import Extract, read_extract
from models.bundle import Bundle, read_bundle, write_bundle
from models.heads import TreeHead
from models.reasons import reasons_nl
from models.suggestion import get_limits, read_limits, suggest
from training.config import read_config
from training.info import build_info
from training.pipeline import train
from training.score_file import score_file
from training.score_join import Job

SIZES = (100_000, 1_000_000)
PERSONS = 962_000  # about a million screenings
CORES = 2
SHARE = 0.80
MOST_GIB = 1.5
WARM_UP = 1000


def build(folder: Path) -> tuple[Bundle, Extract]:
    """Return a bundle trained with the settings that ship, and the cases that it learnt from."""
    contract = default_contract()
    if not (folder / "bundle").exists():
        write_cohort(build_cohort(contract, 40_000, seed=21), folder / "data", contract)
        extract = read_extract(folder / "data")
        trained = train(extract, read_config(), 1, lambda _: None)
        info = build_info(trained, extract, 1)
        write_bundle(folder / "bundle", trained.model, info, "# card\n")
    return read_bundle(folder / "bundle"), read_extract(folder / "data")


def build_cases(folder: Path) -> dict[int, Path]:
    """Return a file of cases of each size, the first rows of the same made-up screenings."""
    paths = {size: folder / f"cases_{size}.parquet" for size in SIZES}
    if not all(path.exists() for path in paths.values()):
        cases = build_cohort(default_contract(), PERSONS, seed=5).tables["cases"]
        for size, path in paths.items():
            cases.head(size).to_parquet(path, index=False)
    return paths


def list_heads(bundle: Bundle) -> list[TreeHead]:
    """Return the boosted heads whose contributions become reasons."""
    gain = bundle.model.gain
    heads = [bundle.model.usual, *([] if gain is None else [gain.head])]
    return [head.boosted for head in heads if head.boosted is not None]


@dataclass(frozen=True)
class Cost:
    """What work on rows took: seconds on the clock, seconds of all cores, GiB held at most."""

    seconds: float
    core_seconds: float
    gib: float = 0.0


def time_bare(bundle: Bundle, cases: Path) -> Cost:
    """Return what bare contributions take, on ready matrices in parts."""
    heads = list_heads(bundle)
    boosters = [lightgbm.Booster(model_str=head.trees.text) for head in heads]
    seconds = core_seconds = 0.0
    for raw in stream_table(cases):
        matrix = build_matrix(check_rows(raw, "cases", bundle.contract).get_good(), bundle.contract)
        ready = [head.encoding.apply(matrix) for head in heads]
        if not seconds:
            predict_bare(boosters, [one[:WARM_UP] for one in ready])
        began, used = time.perf_counter(), time.process_time()
        predict_bare(boosters, ready)
        seconds += time.perf_counter() - began
        core_seconds += time.process_time() - used
    return Cost(seconds, core_seconds)


def predict_bare(boosters: list[lightgbm.Booster], ready: list[Matrix]) -> None:
    """Let each booster say what its columns contribute."""
    for booster, matrix in zip(boosters, ready, strict=True):
        booster.predict(matrix, pred_contrib=True, num_threads=CORES)


def time_ours(folder: Path, cases: Path, cores: int) -> Cost:
    """Return what the command takes, all its processes together.

    A page of memory that two processes share counts twice.
    """
    out = folder / "scores.parquet"
    out.unlink(missing_ok=True)
    words = ["--data", cases, "--out", out, "--model", folder / "bundle", "--threads", cores]
    command = [sys.executable, "-m", "kantelpunt", "score", *map(str, words)]
    began, used = time.perf_counter(), use_of_children()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with watch_resident(process.pid) as held:
        status = process.wait()
    seconds = time.perf_counter() - began
    if status or parquet.read_metadata(out).num_rows == 0:
        raise SystemExit(f"scoring ended with {status}")
    return Cost(seconds, use_of_children() - used, held.most_gib)


def use_of_children() -> float:
    """Return the core seconds of all processes that were started and have ended."""
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


def time_inside(bundle: Bundle, folder: Path, cases: Path) -> float:
    """Return the seconds that scoring takes in one process that is running already."""
    job = Job(cases, folder / "scores.parquet", bundle, folder / "bundle", read_limits())
    return clock(lambda: score_file(job))


def clock(work: Callable[[], object]) -> float:
    """Return the seconds that one call took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(bundle: Bundle, folder: Path, board: Board) -> None:
    """Time both at each size; only the larger one is long enough for what starting costs."""
    for size, cases in build_cases(folder).items():
        bare = time_bare(bundle, cases)
        inside = time_inside(bundle, folder, cases)
        ours = time_ours(folder, cases, CORES)
        for what, seconds in (
            (f"bare pred_contrib, {CORES} threads", bare.seconds),
            ("ours in one running process", inside),
            ("ours, the whole command", ours.seconds),
        ):
            board.add(f"{size:,} rows: {what}", size / seconds, "rows/s")
        # of the cores as well: a machine that others use stretches the clock, not the work
        for what, cost in (("bare", bare), ("ours", ours)):
            board.add(f"{size:,} rows: {what}, of a core", 1e6 * cost.core_seconds / size, "us/row")
        share, is_long = bare.seconds / ours.seconds, size == SIZES[-1]
        limit = f"at least {SHARE:.2f}" if is_long else ""
        board.add(f"{size:,} rows: whole command / bare", share, "", limit, share >= SHARE)
        limit = f"at most {MOST_GIB:g}"
        board.add(f"{size:,} rows: memory at most", ours.gib, "GiB", limit, ours.gib <= MOST_GIB)


def main() -> None:
    """Measure many cases, then one case."""
    board = Board("scoring")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else made)
        bundle, extract = build(folder)
        measure(bundle, folder, board)
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
