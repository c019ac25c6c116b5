"""Kantelpunt on real intake: the SSA's monthly claims as entries, and what is wrong with them.

`python -m examples.ssa_intake.run FILE` writes var/ssa/entries.csv and names its defects.
"""

import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from pathlib import Path

from examples.ssa_intake.extract import list_odd_ends, read_claims, write_entries
from features.entries import Defect, find_defects, read_entries
from features.errors import KantelpuntError

ROOT = Path(__file__).resolve().parents[2]
# what is known to be wrong with the file: kind, region, month
KNOWN = (
    ("swapped", "KY", "2006-11"),
    ("split", "", "2014-11"),
    ("outlier", "", "2004-06"),
)


def read_arguments(arguments: list[str]) -> Namespace:
    """Return the options of the command line."""
    parser = ArgumentParser(prog="python -m examples.ssa_intake.run", description=__doc__)
    parser.add_argument("file", type=Path, help="ssa_disability_intake_monthly.csv")
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "ssa", help="folder to write")
    parser.add_argument("--all", action="store_true", help="also units that are no state")
    return parser.parse_args(arguments)


def list_missed(found: list[Defect]) -> list[tuple[str, str, str]]:
    """Return the known defects that were not named."""
    named = {(one.kind, region, one.month) for one in found for region in (one.region, *one.others)}
    return [one for one in KNOWN if one not in named]


def main(arguments: list[str]) -> int:
    """Convert, name every defect, and return 1 where a known one is not among them."""
    chosen = read_arguments(arguments)
    claims = read_claims(chosen.file)
    for end, right in list_odd_ends(claims).items():
        print(f"a month ends on {end:%A} {end:%Y-%m-%d}: taken as {right:%A} {right:%Y-%m-%d}")
    path = write_entries(claims, chosen.out, everything=chosen.all)
    table = read_entries(path)
    found = list(find_defects(table))
    for defect in found:
        print(defect)
    missed = list_missed(found)
    counted = ", ".join(f"{kind} {times}" for kind, times in Counter(d.kind for d in found).items())
    print(f"\n{len(found)} defects in {len(table.frame):,} rows: {counted}")
    print(f"of the {len(KNOWN)} that are known, {len(KNOWN) - len(missed)} were named")
    print(f"next: kantelpunt backtest --data {chosen.out}")
    return 1 if missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KantelpuntError as error:
        sys.exit(f"error: {error}")
