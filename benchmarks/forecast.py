"""The forecast of intake: error and coverage on a real series, on a known truth, and its speed.

`python -m benchmarks.forecast [FILE] [--rivals]`. FILE, or KANTELPUNT_SSA, is the table of monthly
disability claims of the US Social Security Administration (docs/planning.md tells where it comes
from); without it that part is left out and said so. `--rivals` adds AutoETS and AutoTheta there,
which takes minutes. Error: MASE, scaled by the seasonal naive error of counts before the first
origin, mean over series. The origins are 2016-03 to 2017-02, 12 months ahead; every constant of
the method was chosen on origins before 2015-04.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Board
from examples.ssa_intake import extract
from models.intake.backtest import Backtest, backtest
from models.intake.forecast import forecast
from models.intake.panel import Floats, Panel, months_between, of_months
from models.intake.scores import mean_of

ROOT = Path(__file__).resolve().parents[1]
MONTHS = 209
LIMITS = {"regions": 0.52, "groups": 0.39, "total": 0.25}
NAIVE = {"regions": 1.138, "groups": 1.170, "total": 1.248}
NAMES = {"regions": "states", "groups": "SSA regions", "total": "nation"}
QUICK = ("seasonal_naive", "mean_12", "layered")
RIVALS = (*QUICK, "auto_theta", "auto_ets")
COVERED = (0.76, 0.84)
MOST_SECONDS = 60.0
SPEED = """
import time; began = time.perf_counter()
import numpy as np
from models.intake.forecast import forecast
from models.intake.panel import months_between, of_months
rng = np.random.default_rng(1)
regions = tuple(f"r{n:03d}" for n in range(300))
groups = tuple(f"g{n % 20:02d}" for n in range(300))
level = rng.gamma(2, 40, size=(300, 1)) * (1 + 0.2 * np.sin(np.arange(96) * np.pi / 6))
panel = of_months(regions, months_between("2018-01", "2025-12"), rng.poisson(level) * 1.0, groups)
forecast(panel, 12)
print(time.perf_counter() - began)
"""


def read_claims(path: Path) -> Panel:
    """Return the states with all months, from 2000-11: the length of the first is not known.

    Ends of months that are no Friday are mended as the example does.
    """
    table = extract.mend_ends(extract.read_claims(path))
    rows = table.groupby("state")["month"].transform("nunique")
    table = table[(rows == MONTHS) & ~table["state"].isin(["FE", "EA", "EM", "EO", "EV"])]
    wide = table.pivot_table(index="state", columns="month", values="receipts_all")
    last = table.sort_values("month").groupby("state").last()
    ends = table.groupby("month")["period_end"].first().sort_index().to_numpy("datetime64[D]")
    return Panel(
        tuple(wide.index),
        ends[:-1] + 1,
        np.diff(ends).astype(float),
        wide.to_numpy(dtype=float)[:, 1:],
        tuple(last.loc[wide.index, "ssa_region"]),
    )


def tell_claims(board: Board, path: Path, *, rivals: bool) -> None:
    """Measure the real series."""
    panel = read_claims(path)
    board.add("states with all months", len(panel.regions), "", "52", len(panel.regions) == 52)
    began = time.perf_counter()
    found = backtest(panel, methods=RIVALS if rivals else QUICK, draws=1000)
    board.add("backtest", time.perf_counter() - began, "s")
    board.add(f"origins {found.origins[0]} to {found.origins[-1]}", len(found.origins), "")
    for method in found.scores:
        tell_method(board, found, method)
    for horizon, method in enumerate(found.choice.methods, start=1):
        board.add(f"method chosen {horizon:2d} ahead is {method}", horizon, "months")


def tell_method(board: Board, found: Backtest, method: str) -> None:
    """Print the figures of one method, with the limits of our own."""
    for layer, limit in LIMITS.items():
        scores, name = found.scores[method][layer], f"{method}, {NAMES[layer]}"
        mase = mean_of(scores.mase) or np.nan
        if method == "seasonal_naive":
            true = NAIVE[layer]
            board.add(f"{name}: MASE", mase, "", f"{true} known", abs(mase - true) < 0.002)
        elif method == "layered":
            board.add(f"{name}: MASE", mase, "", f"at most {limit}", mase <= limit)
        else:
            board.add(f"{name}: MASE", mase, "")
        board.add(f"{name}: weighted quantile loss", mean_of(scores.wql) or np.nan, "")
        for level, share in scores.coverage.items():
            mean = mean_of(share) or np.nan
            told = f"{name}: cover of {level:.0%}"
            if method == "layered" and layer == "regions" and level == 0.8:
                held = COVERED[0] <= mean <= COVERED[1]
                board.add(told, 100 * mean, "%", "76-84", held)
            else:
                board.add(told, 100 * mean, "%")


def make_truth(seed: int, months: int, level: float) -> tuple[Panel, Floats]:
    """Return a panel of eight regions from a known law, and the year that followed it.

    The whole: season, a drift that changes slowly and errors of 3 %; shares that wander by 1.5 %
    a month; counts by chance around that.
    """
    rng = np.random.default_rng(seed)
    labels = months_between("2010-01", "2040-12")[: months + 12]
    season = np.exp(rng.normal(0, 0.1, 12))[np.arange(months + 12) % 12]
    slope = np.cumsum(rng.normal(0, 0.001, months + 12))
    whole = np.exp(np.cumsum(slope + rng.normal(0, 0.01, months + 12))) * season
    share = rng.dirichlet(np.full(8, 3.0))[:, None]
    share = share * np.exp(np.cumsum(rng.normal(0, 0.015, (8, months + 12)), axis=1))
    counts = rng.poisson(8 * level * whole * rng.normal(1, 0.03, months + 12) * share).astype(float)
    names = tuple(f"r{number}" for number in range(8))
    return of_months(names, labels[:months], counts[:, :months]), counts[:, months:]


def tell_truth(board: Board, worlds: int) -> None:
    """Measure coverage over many worlds with a known law: large, small and short series."""
    for months, level in ((96, 300.0), (96, 8.0), (36, 100.0)):
        regions, total = [], []
        for seed in range(worlds):
            panel, came = make_truth(seed, months, level)
            paths = forecast(panel, 12, draws=400, seed=seed).paths
            regions.append(cover(paths.counts, came))
            total.append(cover(paths.total(), came.sum(axis=0)))
        name = f"known truth, {months} months, {level:.0f} a month"
        mean, error = np.mean(regions), np.std(regions) / np.sqrt(worlds)
        held = COVERED[0] <= mean <= COVERED[1]
        board.add(f"{name}: regions within 80 %", 100 * float(mean), "%", "76-84", bool(held))
        board.add(f"{name}: its standard error", 100 * float(error), "points")
        mean, error = np.mean(total), np.std(total) / np.sqrt(worlds)
        board.add(f"{name}: total within 80 %", 100 * float(mean), "%")
        board.add(f"{name}: its standard error", 100 * float(error), "points")


def cover(draws: NDArray[np.int64], came: Floats, level: float = 0.8) -> float:
    """Return the share within the interval; what stands on a step of the draws counts in part.

    Counts come in steps, so an interval of small ones always covers more than it says: a count
    takes the middle of the chance below it and the chance up to it.
    """
    place = ((draws < came).mean(axis=0) + (draws <= came).mean(axis=0)) / 2
    return float((np.abs(place - 0.5) <= level / 2).mean())


def tell_speed(board: Board) -> None:
    """Measure 300 series of 96 months in a fresh process, imports and all."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", SPEED], check=True, cwd=ROOT, capture_output=True)
    taken = time.perf_counter() - began
    told = f"within {MOST_SECONDS:.0f}"
    board.add("300 series x 96 months from cold", taken, "s", told, taken <= MOST_SECONDS)


def main(words: list[str]) -> None:
    """Measure all; FILE and --rivals from the command line."""
    board = Board("forecast")
    files = [word for word in words if not word.startswith("-")]
    given = files[0] if files else os.environ.get("KANTELPUNT_SSA", "")
    tell_speed(board)
    tell_truth(board, 60)
    if given and Path(given).is_file():
        tell_claims(board, Path(given), rivals="--rivals" in words)
    else:
        board.leave_out("real series", "needs FILE or KANTELPUNT_SSA")
    board.close()


if __name__ == "__main__":
    main(sys.argv[1:])
