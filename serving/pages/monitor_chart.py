"""The pictures of watching: what was told next to what came of it, and the months."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 340, 250
LEFT, RIGHT, TOP, BOTTOM = 40, 322, 12, 200
TICKS = (0, 25, 50, 75, 100)


@dataclass(frozen=True)
class Dot:
    """A point with the ends of its interval, and what a reader of the table reads."""

    x: float
    y: float
    low: float
    high: float
    cells: Sequence[str]


@dataclass(frozen=True)
class Plot:
    """A picture: points, lines through them, and words along the axis."""

    dots: Sequence[Dot]
    lines: Sequence[str]
    across: Sequence[tuple[float, str]]
    up: Sequence[tuple[float, int]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    bottom: int = BOTTOM
    top: int = TOP


_UP = [(round(BOTTOM - (BOTTOM - TOP) * tick / 100, 1), tick) for tick in TICKS]


def draw_bins(bins: Sequence[Mapping[str, Any]]) -> Plot | None:
    """Return what was told next to what came of it; None where too few were followed."""
    if not bins:
        return None
    dots = [
        Dot(
            _across(one["told"]),
            _rise(one["found"]),
            _rise(one["low"]),
            _rise(one["high"]),
            [f"{100 * one[key]:.0f}" for key in ("told", "found", "low", "high")],
        )
        for one in bins
    ]
    across = [(_across(tick / 100), str(tick)) for tick in TICKS]
    return Plot(dots, [f"{LEFT},{BOTTOM} {RIGHT},{TOP}"], across, _UP)


def draw_months(months: Sequence[Mapping[str, Any]]) -> Plot | None:
    """Return the mean chance and the share without answers per month; None of a single month."""
    if len(months) < 2:
        return None
    step = 1 / (len(months) - 1)
    dots, told, silent = [], [], []
    for place, one in enumerate(months):
        x = _across(place * step)
        told.append(f"{x},{_rise(one['p_usual'])}")
        silent.append(f"{x},{_rise(one['silent'])}")
        shares = [f"{100 * one[key]:.0f}" for key in ("p_usual", "silent")]
        dots.append(Dot(x, _rise(one["p_usual"]), 0, 0, [one["month"], str(one["count"]), *shares]))
    ends = [(_across(0), months[0]["month"]), (_across(1), months[-1]["month"])]
    return Plot(dots, [" ".join(told), " ".join(silent)], ends, _UP)


def _across(share: float) -> float:
    return round(LEFT + (RIGHT - LEFT) * share, 1)


def _rise(share: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * min(max(share, 0), 1), 1)
