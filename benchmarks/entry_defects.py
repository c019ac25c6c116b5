"""What the check of entries names: known defects, planted swaps, and false alarms on clean counts.

`python -m benchmarks.entry_defects [FILE]`. FILE, or KANTELPUNT_SSA, is the table of monthly
disability claims of the US Social Security Administration (examples/ssa_intake tells which);
without it that part is left out and said so.
"""

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from benchmarks.report import Board
from examples.ssa_intake.extract import read_claims, write_entries
from examples.ssa_intake.run import KNOWN, list_missed
from features.entries import EntryTable, find_defects, read_entries

WORLDS = 20
MOST_FALSE = 1.0  # per 1,000 rows of clean counts
SWAPS = 60
# regions, months, noise beyond counting, smallest and largest count a month
CLEAN = ((25, 96, 0.03, 5, 2000), (25, 96, 0.08, 5, 2000), (6, 132, 0.03, 50, 500))


def make_clean(
    seed: int, regions: int, months: int, noise: float, low: float, high: float
) -> pd.DataFrame:
    """Return counts without a defect: season, growth, two parts, and noise around them."""
    rng = np.random.default_rng(seed)
    span = pd.period_range("2018-01", periods=months, freq="M")
    size = np.exp(rng.uniform(np.log(low), np.log(high), regions))[:, None]
    season = np.exp(rng.normal(0, 0.12, 12))[span.month - 1] * span.days_in_month.to_numpy() / 30
    growth = np.exp(rng.normal(0.02, 0.03, (regions, 1)) * np.arange(months) / 12)
    luck = np.exp(rng.normal(0, noise, (regions, months)) + rng.normal(0, 0.02, months))
    counts = rng.poisson(size * season * growth * luck).ravel()
    first = rng.binomial(counts, np.repeat(rng.uniform(0.2, 0.8, regions), months))
    return pd.DataFrame(
        {
            "month": np.tile(span.astype(str), regions),
            "region": np.repeat([f"r{place:02}" for place in range(regions)], months),
            "entered": counts,
            "part_one": first,
            "part_two": counts - first,
        }
    )


def tell_false(board: Board, folder: Path) -> None:
    """Count what is named in counts that have no defect."""
    for kind in CLEAN:
        named = rows = 0
        for seed in range(WORLDS):
            frame = make_clean(seed, *kind)
            frame.to_csv(folder / "entries.csv", index=False)
            named += len(find_defects(read_entries(folder)))
            rows += len(frame)
        told = f"clean, {kind[0]} regions, {kind[1]} months, noise {kind[2]:.0%}: named per 1,000"
        share = 1000 * named / rows
        board.add(told, share, "", f"under {MOST_FALSE:g}", share < MOST_FALSE)


def plant(table: EntryTable, count: int) -> Iterator[tuple[EntryTable, set[str], str]]:
    """Yield the table with two rows swapped by lot, the two regions and the month."""
    rng = np.random.default_rng(0)
    columns = list(table.numbers)
    for _ in range(count):
        period = int(rng.integers(6, len(table.starts) - 6))
        pair = rng.choice(np.array(table.regions), 2, replace=False).tolist()
        frame = table.frame.copy()
        here = frame["started_on"].to_numpy().astype("M8[D]") == table.starts[period]
        one, other = (frame.index[here & (frame["region"] == name)][0] for name in pair)
        frame.loc[[one, other], columns] = frame.loc[[other, one], columns].to_numpy()
        yield replace(table, frame=frame, notes=()), set(pair), table.months[period]


def tell_claims(board: Board, file: Path, folder: Path) -> None:
    """Look for what is known to be wrong with real counts, and for swaps that are planted."""
    table = read_entries(write_entries(read_claims(file), folder / "ssa"))
    began = time.perf_counter()
    found = list(find_defects(table))
    board.add(f"looking through {len(table.frame):,} rows", time.perf_counter() - began, "s")
    missed = list_missed(found)
    board.add("known defects named", len(KNOWN) - len(missed), "", f"{len(KNOWN)}", not missed)
    known = {month for _, _, month in KNOWN}
    others = [one for one in found if one.month not in known]
    board.add("other remarks, true or not", len(others), "")
    board.add("other remarks per 1,000 rows", 1000 * len(others) / len(table.frame), "")
    hits = 0
    for spoilt, pair, month in plant(table, SWAPS):
        named = [one for one in find_defects(spoilt) if one.kind == "swapped"]
        hits += any({one.region, *one.others} == pair and one.month == month for one in named)
    board.add(f"planted swaps named, of {SWAPS}", hits, "")


def main(words: list[str]) -> None:
    """Measure all; FILE from the command line."""
    board = Board("entry_defects")
    given = words[0] if words else os.environ.get("KANTELPUNT_SSA", "")
    with TemporaryDirectory() as folder:
        tell_false(board, Path(folder))
        if given and Path(given).is_file():
            tell_claims(board, Path(given), Path(folder))
        else:
            board.leave_out("real counts", "needs FILE or KANTELPUNT_SSA")
    board.close()


if __name__ == "__main__":
    main(sys.argv[1:])
