"""Whether the questions that are named as sharpening an estimate do so, and how fast.

`python -m benchmarks.sharpen [PERSONS]`. Of fresh persons who answered everything all answers are
hidden; then the three that are named are shown, or three drawn by lot.
"""

import sys
import time

import numpy as np
from numpy.typing import NDArray

from benchmarks.gain import make_world
from benchmarks.report import Board
from features.cohort import build_screenings
from features.matrix import Matrix, build_matrix
from features.tables import Extract
from features.trial import build_trial
from models.answers import collect_answers
from models.effects import measure_effects
from models.estimate import GainStatus
from models.gain import fit_gain
from models.heads import GainHead, SpreadHead
from models.screening import ScreeningModel
from models.sharpen import find_sharpeners
from models.usual import Sample, Shape, fit_usual
from training.config import read_config

Floats = NDArray[np.float64]
SEED = 1
MOST = 3
ASKED = 2000
# chosen: they stand in the answer to each assessment, of which 95 in 100 are to take 5 ms at most
MOST_MILLISECONDS = 3.0


def learn(extract: Extract) -> ScreeningModel:
    """Return a model with the answers that people give."""
    config, sure = read_config(), SpreadHead(None, 0.0)
    sample = Sample.of(build_screenings(extract))
    usual = fit_usual(sample, Shape(4, 300, 0.5, 0.0), config.usual, SEED)
    effects = measure_effects(build_trial(extract, seed=SEED), config.usual, config.gain, SEED)
    gain = fit_gain(effects, config.usual, config.gain, SEED)
    return ScreeningModel(
        contract=extract.contract,
        usual=usual,
        spread=sure,
        gain=GainHead(GainStatus.ESTIMATED, gain.head, sure, None),
        answers=collect_answers(extract.contract, sample.matrix),
    )


def show(model: ScreeningModel, blank: Matrix, whole: Matrix, board: Board) -> dict[str, Matrix]:
    """Return the rows with the named answers shown, and with answers drawn by lot; print time."""
    named, drawn, rng = blank.copy(), blank.copy(), np.random.default_rng(SEED)
    names, times = model.contract.names, []
    for place, row in enumerate(blank):
        began = time.perf_counter()
        found = find_sharpeners(model, row, MOST)
        times.append(1000 * (time.perf_counter() - began))
        chosen = [names.index(one.field) for one in found]
        anyhow = rng.choice(model.contract.answers, MOST, replace=False)
        named[place, chosen], drawn[place, anyhow] = whole[place, chosen], whole[place, anyhow]
    middle = float(np.median(times))
    board.add(
        "one case",
        middle,
        "ms",
        f"within {MOST_MILLISECONDS:g}",
        middle <= MOST_MILLISECONDS,
    )
    return {"named": named, "drawn by lot": drawn}


def main() -> None:
    """Measure the questions; PERSONS from the command line."""
    persons = int(sys.argv[1]) if len(sys.argv) > 1 else 30_000
    board = Board("sharpen")
    model = learn(make_world("default", persons, 50).extract)
    fresh = make_world("default", 20_000, 77).extract
    matrix, asked = build_matrix(fresh.cases, fresh.contract), list(fresh.contract.answers)
    whole = matrix[~np.isnan(matrix[:, asked]).any(axis=1)][:ASKED]
    blank = whole.copy()
    blank[:, asked] = np.nan

    def estimate(rows: Matrix) -> Floats:
        return 100 * model.estimate_many(rows).support.value

    before, after, left = estimate(blank), estimate(whole), {}
    board.add("no answer, away from all answers", float(np.abs(after - before).mean()), "points")
    for name, rows in show(model, blank, whole, board).items():
        found = estimate(rows)
        left[name] = float(np.abs(after - found).mean())
        board.add(f"{name}: estimate moves by", float(np.abs(found - before).mean()), "points")
        board.add(f"{name}: away from all answers", left[name], "points")
    share = left["named"] / left["drawn by lot"]
    board.add("left over, of what a lot leaves", share, "", "under 1", share < 1)
    board.close()


if __name__ == "__main__":
    main()
