"""The chart of all reasons: a bar begins where the one before ended, from average to estimate."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

from serving.assessment import Assessment

STEP = 10
THINNEST = 0.35  # percent of the width: a bar of nearly nothing still shows where it is


@dataclass(frozen=True)
class Bar:
    """One row: `start` and `width` place the bar in percent of the chart's width.

    `points` is what the row adds, `total` the sum so far; in the first and last row they are equal.
    """

    kind: str
    label: str
    points: float
    total: float
    start: float
    width: float


@dataclass(frozen=True)
class Chart:
    """All rows from the average case to this estimate; ticks of the axis as (place, number)."""

    bars: Sequence[Bar]
    ticks: Sequence[tuple[float, int]]


def build_chart(a: Assessment) -> Chart:
    """Return the chart of an assessment; its rows add up to the estimate."""
    base, end = a.estimate.usual.base * 100, a.estimate.usual.value * 100
    steps = [(r.text_nl, r.points) for r in a.reasons.usual]
    if abs(a.estimate.usual.limit) > 1e-9:
        steps.append(("Begrensd tot 0 à 100", a.estimate.usual.limit * 100))
    totals = [base]
    for _, points in steps:
        totals.append(totals[-1] + points)
    low, high = _find_span([*totals, end])
    place = _Scale(low, high)
    bars = [Bar("average", "Gemiddeld dossier", base, base, *place.span(0.0, base))]
    for (label, points), before, after in zip(steps, totals, totals[1:], strict=False):
        kind = "up" if points >= 0 else "down"
        bars.append(Bar(kind, label, points, after, *place.span(before, after)))
    bars.append(Bar("result", "Deze inschatting", end, end, *place.span(0.0, end)))
    ticks = [(place.of(t), t) for t in range(low, high + 1, _find_step(low, high))]
    return Chart(bars, ticks)


def _find_span(values: Sequence[float]) -> tuple[int, int]:
    low = min(0, floor(min(values) / STEP) * STEP)
    return low, max(STEP, ceil(max(values) / STEP) * STEP)


def _find_step(low: int, high: int) -> int:
    return STEP if high - low <= 5 * STEP else 2 * STEP


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float

    def of(self, value: float) -> float:
        """Return the place of a value in percent of the width."""
        return round((value - self.low) / (self.high - self.low) * 100, 3)

    def span(self, start: float, end: float) -> tuple[float, float]:
        """Return where a bar begins and how wide it is, in percent."""
        left, right = sorted((self.of(start), self.of(end)))
        return min(left, 100 - THINNEST), max(round(right - left, 3), THINNEST)
