"""Kantelpunt on real injury leave: compared with plain rivals, then trained, scored and served.

Run it with `make real`, or with `python -m examples.injury_leave.run --help`.
"""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from examples.injury_leave.compare import show_comparison
from examples.injury_leave.extract import TIPPING_POINTS
from examples.injury_leave.road import ROOT, follow_road, show_service, start_road
from features.errors import KantelpuntError

REPEATS = 3


def read_arguments(arguments: list[str]) -> Namespace:
    """Return the options of the command line."""
    weeks = [point.week for point in TIPPING_POINTS]
    parser = ArgumentParser(prog="python -m examples.injury_leave.run", description=__doc__)
    parser.add_argument("--week", type=int, choices=weeks, help="only this tipping point")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="times the folds are drawn")
    parser.add_argument("--skip-comparison", action="store_true", help="only train, score, serve")
    parser.add_argument("--keep", action="store_true", help="keep the last service up")
    parser.add_argument("--port", type=int, default=0, help="port of the service [default: any]")
    parser.add_argument("--dir", type=Path, default=ROOT / "var" / "real", help="where to work")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Do everything, and return 1 where ours did worse than a plain rival."""
    chosen = read_arguments(arguments)
    points = [point for point in TIPPING_POINTS if chosen.week in (None, point.week)]
    is_good = True
    if not chosen.skip_comparison:
        is_good = show_comparison(points, chosen.repeats)
    for point in points:
        print(f"\n## Week {point.week}: trained, scored and served through the command line")
        road = start_road(point, chosen.dir)
        follow_road(road)
        show_service(road, chosen.port, keep=chosen.keep and point == points[-1])
    return 0 if is_good else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KantelpuntError as error:
        sys.exit(f"error: {error}")
