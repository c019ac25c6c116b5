"""The chart of all reasons: a bar begins where the one before ended.

It runs from the average case to the chance without support and, where the gain of support is known,
on to the chance with support.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, floor

from models.estimate import GainStatus
from models.reasons import Reason
from serving.assessment import Assessment
from serving.wording import one_decimal_nl

STEP = 10
THINNEST = 0.35  # percent of the width: a bar of nearly nothing still shows where it is
MOST_USUAL, MOST_GAIN = 8, 5  # rows of their own; what weighs less shares one row
NOTHING = 1e-7  # points: a sum that was not bounded differs by rounding alone


@dataclass(frozen=True)
class Bar:
    """One row: `start` and `width` place the bar in percent of the chart's width.

    `points` is what the row adds, `total` the sum so far; in a row that is a sum they are equal.
    The bar begins at `enters`, where the one before ended, and ends at `leaves`.
    """

    kind: str
    label: str
    points: float
    total: float
    start: float
    width: float
    enters: float
    leaves: float


@dataclass(frozen=True)
class Chart:
    """The rows from the average case to this estimate; ticks of the axis as (place, number).

    `every` has all reasons one by one, where in `bars` the small ones share a row.
    """

    bars: Sequence[Bar]
    ticks: Sequence[tuple[float, int]]
    every: Sequence[Bar] = ()


Step = tuple[str, float]


def build_chart(a: Assessment) -> Chart:
    """Return the chart of an assessment; its rows add up to the estimate."""
    short = _build(a, MOST_USUAL, MOST_GAIN)
    full = _build(a, len(a.reasons.usual), len(a.reasons.gain or ()))
    return replace(short, every=full.bars)


def _build(a: Assessment, most_usual: int, most_gain: int) -> Chart:
    e = a.estimate
    first = _join_small(a.reasons.usual, most_usual) + _list_limit(e.usual.limit)
    if e.gain is None or e.support is None or a.reasons.gain is None:
        return _draw(e.usual.base, first, [("Deze inschatting", e.usual.value, [])])
    is_same = e.gain_status is GainStatus.SAME_FOR_ALL
    label = "Geschat effect van steun, " + ("voor iedereen gelijk" if is_same else "gemiddeld")
    steps = _join_small(a.reasons.gain, most_gain)
    more = [(label, e.gain.base * 100), *steps, *_list_limit(e.gain.limit)]
    sums = [("Zonder extra steun", e.usual.value, more), ("Met steun", e.support.value, [])]
    return _draw(e.usual.base, first, sums)


def _list_limit(limit: float) -> list[Step]:
    points = limit * 100
    return [("Begrensd tot 0 à 100", points)] if abs(points) > NOTHING else []


def _join_small(reasons: Sequence[Reason], most: int) -> list[Step]:
    """Return a step for each of the strongest reasons, and one for all others together."""
    ordered = sorted(reasons, key=lambda reason: -abs(reason.points))
    # a row for one alone is no shorter than that reason itself
    kept, rest = ordered[:most], ordered[most:]
    if len(rest) < 2:
        kept, rest = ordered, []
    steps = [(reason.text_nl, reason.points) for reason in kept]
    if not rest:
        return steps
    most_nl = one_decimal_nl(abs(rest[0].points))
    label = f"Alle andere {len(rest)} gegevens samen, elk hoogstens {most_nl}"
    return [*steps, (label, sum(reason.points for reason in rest))]


def _draw(base: float, steps: list[Step], sums: list[tuple[str, float, list[Step]]]) -> Chart:
    """Return the chart: an average, steps, a sum, and for each further sum the steps to it."""
    rows = [("average", "Gemiddeld dossier", base * 100)]
    for label, value, following in sums:
        rows += [("up" if points >= 0 else "down", text, points) for text, points in steps]
        rows.append(("result", label, value * 100))
        steps = following
    totals: list[float] = []
    for kind, _, points in rows:
        totals.append(totals[-1] + points if kind in ("up", "down") else points)
    low, high = _find_span(totals)
    place = _Scale(low, high)
    bars = []
    for (kind, label, points), before, after in zip(rows, [0.0, *totals], totals, strict=False):
        start = before if kind in ("up", "down") else 0.0
        ends = (place.of(before), place.of(after))
        bars.append(Bar(kind, label, points, after, *place.span(start, after), *ends))
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
