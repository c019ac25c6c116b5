"""The gain of support beside EconML and causalml: five worlds, the same rows, other persons scored.

`python -m benchmarks.peers [PERSONS [SEEDS]]`. The peers run in an environment of their own under
var/peers, made by the first run. Everybody learns from the same trial rows with the same censoring
weights; where support went by lot, everybody knows it. The peers get categories as columns of 0
and 1, and a column that tells what is missing. Times are of one processor, without intervals.
60,000 persons of one world take more than two minutes, most of them for the forest.
"""

import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from benchmarks.gain import CAPACITIES, Truth, capture, make_world
from benchmarks.peers_worker import METHODS
from benchmarks.report import Board
from benchmarks.rival_environment import find_python, make_environment, run_rival
from features.contract import Contract
from features.matrix import Matrix, build_matrix
from features.synthetic import World
from features.trial import Trial, build_trial
from models.effects import measure_effects, weigh_trial
from models.gain import fit_gain
from models.levels import find_categories
from training.config import read_config
from training.record import ROOT

Floats = NDArray[np.float64]
WORLDS: tuple[World, ...] = get_args(World)
HOME = ROOT / "var" / "peers"
PYTHON = find_python(HOME)
PINS = Path(__file__).with_name("peers-requirements.txt")
DEFAULTS = ("60000", "5")
OTHERS = 20_000  # persons scored, of whom nobody was learnt from
OURS, LOT, LOWEST = "ours", "lot", "lowest p_usual"
PEERS = tuple(METHODS)
FOREST = "EconML CausalForestDML"
WITHIN = 0.02  # of the best peer
FASTER = 10  # times as fast as the forest
MOST_ONE_ROW_MS = 1.0
ONE_ROW_TRIES = 200


@dataclass(frozen=True)
class Found:
    """What one method says of the gain of other persons; seconds to learn it, and for one row."""

    gain: Floats
    seconds: float = np.nan
    one_row: float = np.nan


@dataclass(frozen=True)
class Score:
    """How good a method was in one world and with one seed.

    `captured` is the share of the attainable gain at each capacity; where nothing can be gained it
    is NaN, and so is the correlation. `spread` is the SD of the gain over persons.
    """

    captured: tuple[float, ...]
    correlation: float
    spread: float


Scores = dict[str, list[Score]]


def spread_out(contract: Contract, matrix: Matrix, like: Matrix) -> Matrix:
    """Return columns without gaps: numbers scaled as in `like`, its gaps told, levels as 0 and 1.

    A number that is missing is the mean of `like`; a level that is missing has a column too.
    """
    categories = find_categories(contract)
    numbers = [i for i in range(matrix.shape[1]) if i not in categories]
    known = ~np.isnan(like[:, numbers])
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, like[:, numbers], 0.0).sum(axis=0) / count
    square = np.where(known, like[:, numbers] - mean, 0.0) ** 2
    spread = np.sqrt(square.sum(axis=0) / count)
    scaled = np.nan_to_num((matrix[:, numbers] - mean) / np.where(spread > 0, spread, 1.0))
    gaps = np.isnan(matrix[:, numbers])[:, ~known.all(axis=0)]
    return np.column_stack([scaled, gaps, *(_flag(contract, matrix, c) for c in categories)])


def _flag(contract: Contract, matrix: Matrix, column: int) -> Matrix:
    count = len(contract.fields[column].levels)
    flags: Matrix = np.eye(count + 1)[np.nan_to_num(matrix[:, column], nan=count).astype(int)]
    return flags


def ask_peers(trial: Trial, others: Matrix, *, by_lot: bool, seed: int) -> dict[str, Found]:
    """Return what each peer says of other persons after learning from the rows of a trial."""
    weight = weigh_trial(trial)
    known = trial.select(weight > 0)
    with tempfile.TemporaryDirectory() as folder:
        rows, answers = Path(folder) / "rows.npz", Path(folder) / "answers.npz"
        np.savez(
            rows,
            x=spread_out(trial.contract, known.matrix, known.matrix),
            others=spread_out(trial.contract, others, known.matrix),
            weight=weight[weight > 0],
            day=known.day,
            supported=known.supported,
            returned=known.returned,
            person=known.person,
            lot=trial.supported.mean() if by_lot else np.nan,
            seed=seed,
        )
        script = "from benchmarks.peers_worker import main; main()"
        run_rival([str(PYTHON), "-c", script, str(rows), str(answers)])
        with np.load(answers) as kept:
            columns = [kept[key] for key in ("gain", "seconds", "one_row")]
    return {
        name: Found(gain, float(seconds), float(one_row))
        for name, gain, seconds, one_row in zip(PEERS, *columns, strict=True)
    }


def ask_ours(trial: Trial, others: Matrix, *, by_lot: bool, seed: int) -> Found:
    """Return what our gain says of other persons after learning from the rows of a trial."""
    config = read_config()
    usual = replace(config.usual, threads=1)
    began = time.process_time()
    effects = measure_effects(trial, usual, config.gain, seed, by_lot=by_lot)
    fitted = fit_gain(effects, usual, config.gain, seed)
    seconds, times = time.process_time() - began, []
    for _ in range(ONE_ROW_TRIES):
        began = time.perf_counter()
        fitted.head.predict(others[:1])
        times.append(time.perf_counter() - began)
    return Found(fitted.head.predict(others), seconds, float(np.median(times)))


def ask_all(world: World, persons: int, seed: int) -> tuple[dict[str, Found], Truth]:
    """Return what everybody says of other persons of a world, and what is true of them."""
    learn, other = make_world(world, persons, 50 + seed), make_world(world, OTHERS, 950 + seed)
    trial = build_trial(learn.extract, seed=seed)
    others = build_matrix(other.extract.cases, learn.extract.contract)
    by_lot = world == "rct"
    found = {OURS: ask_ours(trial, others, by_lot=by_lot, seed=seed)}
    found |= ask_peers(trial, others, by_lot=by_lot, seed=seed)
    found[LOWEST] = Found(-other.p_usual)
    found[LOT] = Found(np.random.default_rng(seed).random(len(others)))
    return found, other


def judge(found: Floats, gain: Floats) -> Score:
    """Return how good an estimate of the gain is; among equals a lot decides who comes first."""
    mixed = np.random.default_rng(0).permutation(len(gain))
    rank, true = found[mixed].round(9), gain[mixed]  # rounding errors are no ranking
    spread = float(rank.std())
    if not gain.any():
        return Score((np.nan,) * len(CAPACITIES), np.nan, spread)
    captured = tuple(capture(rank, true, share) for share in CAPACITIES)
    can_rank = rank.min() < rank.max()
    return Score(captured, float(np.corrcoef(rank, true)[0, 1]) if can_rank else 0.0, spread)


def report_capture(world: World, scores: Scores, board: Board) -> None:
    """Print what each method captured, ours beside the best peer."""
    for place, share in enumerate(CAPACITIES):
        parts = {name: np.array([s.captured[place] for s in each]) for name, each in scores.items()}
        best = max(PEERS, key=lambda name: parts[name].mean())
        least = float(parts[best].mean()) - WITHIN
        for name, part in parts.items():
            limit = f"{best} less {100 * WITHIN:.0f} points, {least:.3f}" if name == OURS else ""
            held = name != OURS or float(part.mean()) >= least
            board.add(
                f"{world}: captured at {share:.0%} by {name}", float(part.mean()), "", limit, held
            )
        ahead = parts[OURS] - parts[best]
        if len(ahead) > 1:
            error = 100 * float(ahead.std(ddof=1)) / np.sqrt(len(ahead))
            board.add("  standard error of ours less the best peer", error, "points")


def report_correlation(world: World, scores: Scores, board: Board) -> None:
    """Print how close each estimate comes to the truth."""
    for name in (OURS, *PEERS):
        correlation = float(np.mean([score.correlation for score in scores[name]]))
        board.add(f"{world}: correlation with the truth of {name}", correlation, "")


def report_spread(world: World, scores: Scores, board: Board) -> None:
    """Print the SD of the gain over persons: all of it is false where support does nothing."""
    spread = {
        name: 100 * float(np.mean([score.spread for score in scores[name]]))
        for name in (OURS, *PEERS)
    }
    least = min(spread[name] for name in PEERS)
    for name, value in spread.items():
        limit = f"smallest of the peers, {least:.2f}" if name == OURS else ""
        held = name != OURS or round(value, 2) <= round(least, 2)
        board.add(f"{world}: SD of the gain of {name}", value, "points", limit, held)


def report_times(found: list[dict[str, Found]], board: Board) -> None:
    """Print the mean seconds of learning, and the median of one row."""
    for name in (OURS, *PEERS):
        seconds = float(np.mean([each[name].seconds for each in found]))
        most = float(np.mean([each[FOREST].seconds for each in found])) / FASTER
        limit = f"a tenth of the forest, {most:.1f} s" if name == OURS else ""
        board.add(f"learning, {name}", seconds, "s", limit, name != OURS or seconds <= most)
    for name in (OURS, *PEERS):
        one_row = 1000 * float(np.median([each[name].one_row for each in found]))
        limit = f"under {MOST_ONE_ROW_MS} ms" if name == OURS else ""
        held = name != OURS or one_row < MOST_ONE_ROW_MS
        board.add(f"one row, {name}", one_row, "ms", limit, held)


def main() -> None:
    """Measure every world; PERSONS and SEEDS from the command line."""
    persons, seeds = (int(word) for word in (*sys.argv[1:], *DEFAULTS[len(sys.argv) - 1 :]))
    make_environment(HOME, PINS)
    board, every = Board("peers"), []
    board.name_rivals(PINS.read_text("utf-8"), "causalml", "econml")
    for world in WORLDS:
        scores: Scores = {}
        for seed in range(seeds):
            found, other = ask_all(world, persons, seed)
            every.append(found)
            for name, each in found.items():
                scores.setdefault(name, []).append(judge(each.gain, other.gain))
        if world == "null":
            report_spread(world, scores, board)
        else:
            report_capture(world, scores, board)
            report_correlation(world, scores, board)
    report_times(every, board)
    board.close()


if __name__ == "__main__":
    main()
